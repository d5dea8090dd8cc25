import { EVENTS, placeOfEvent } from '../../../events/event-path.js';
import { allDone } from '../../all-done.js';
import { commitsUpTo } from '../git/ancestry.js';
import { ifUnusable, type Objects } from '../git/objects.js';
import { git, hasGit } from '../git/program/git-program.js';
import { rawDiff } from '../git/program/raw-diff.js';
import type { TreeFile } from '../git/tree.js';
import { type Difference, filesIn, treeDifference } from '../git/tree-difference.js';
import { messagesOf } from '../history/messages.js';

/** A change of an event file between a commit and one of its parents. Paths start at the registry's root. */
export interface EventChange {
  commit: string;
  path: string;
  before: TreeFile | undefined;
  after: TreeFile | undefined;
}

export interface Pair {
  commit: string;
  parent: string | undefined;
}

/** The commits up to a head, optionally since another one, and their changes of event files. Uses git if possible, else reads objects. */
export class HistoryAsked {
  private constructor(
    private readonly objects: Objects,
    readonly parents: ReadonlyMap<string, string[]>,
    private readonly messages: ReadonlyMap<string, string>,
  ) {}

  static async ask(objects: Objects, head: string, since: string | undefined): Promise<HistoryAsked> {
    const parents = (await fewCommits(objects, head, since)) ?? (await commitsUpTo(objects, head, since));
    const merges = [...parents].filter(([, its]) => its.length > 1).map(([commit]) => commit);
    return new HistoryAsked(objects, parents, await messagesOf(objects, merges));
  }

  merge(commit: string): { parents: string[]; message: string } {
    return { parents: this.parents.get(commit) ?? [], message: this.messages.get(commit) ?? '' };
  }

  /** Events changed, deleted or replaced between the commits of each pair; with `added` only added ones. Limited to `paths`, if given. */
  async changes(
    pairs: Pair[],
    prefix: string,
    { added = false, paths }: { added?: boolean; paths?: string[] | undefined } = {},
  ): Promise<EventChange[]> {
    if (pairs.length === 0) return [];
    const found =
      // A tree may be too large for us, but not for git.
      (pairs.length <= FEW_COMMITS &&
        (await this.#compared(pairs, prefix, added).catch(ifUnusable(undefined)))) ||
      (await this.#comparedByGit(pairs, prefix, { added, paths })) ||
      (await this.#compared(pairs, prefix, added));
    const wanted = paths && new Set(paths);
    return wanted ? found.filter(({ path }) => wanted.has(path)) : found;
  }

  /** The files that commits have and none of their parents. */
  async added(commits: string[], prefix: string): Promise<{ commit: string; path: string }[]> {
    if (commits.length === 0) return [];
    const names = ['--name-only', '-z', '-c', '--root', '--no-renames', '--no-ext-diff', '--diff-filter=A'];
    const output = await git(
      ['--literal-pathspecs', 'diff-tree', '--stdin', '-r', ...names, '--', prefix + EVENTS],
      { commondir: this.objects.commondir, input: commits.map((it) => `${it}\n`).join('') },
    );
    if (output) return addedIn(output.toString('utf8'), prefix);
    const found: { commit: string; path: string }[] = [];
    for (const commit of commits) {
      const parents = this.parents.get(commit) ?? [];
      const pairs: Pair[] =
        parents.length > 0 ? parents.map((parent) => ({ commit, parent })) : [{ commit, parent: undefined }];
      const ways: string[][] = [];
      for (const pair of pairs)
        ways.push((await this.#compared([pair], prefix, true)).map(({ path }) => path));
      const [first = [], ...others] = ways;
      found.push(
        ...first.filter((path) => others.every((it) => it.includes(path))).map((path) => ({ commit, path })),
      );
    }
    return found;
  }

  /** The oids at paths from the repository's root, in this order; undefined if nothing is there. */
  async oidsAt(places: { commit: string; path: string }[]): Promise<(string | undefined)[]> {
    if (places.length === 0) return [];
    const isPlain = places.every(({ path }) => !path.includes('\n'));
    const output =
      isPlain && hasGit()
        ? await git(['cat-file', '--batch-check=%(objectname)'], {
            commondir: this.objects.commondir,
            input: places.map(({ commit, path }) => `${commit}:${path}\n`).join(''),
          })
        : undefined;
    if (output) {
      const lines = output.toString('latin1').split('\n');
      return places.map((_, index) => (/^[0-9a-f]{40}$/.test(lines[index]!) ? lines[index] : undefined));
    }
    return allDone(places.map(async ({ commit, path }) => (await this.#entryAt(commit, path))?.oid));
  }

  files(commit: string, prefix: string): Promise<Map<string, TreeFile>> {
    return filesOf(this.objects, commit, prefix);
  }

  async allFiles(commit: string): Promise<{ path: string; oid: string }[]> {
    return filesIn(this.objects, await this.objects.treeOf(commit));
  }

  async batches(oids: string[]): Promise<Map<string, string | undefined>> {
    const texts = await this.objects.readEvents(oids);
    return new Map([...texts].map(([oid, text]) => [oid, /"batch": ?"([^"]{1,64})"/.exec(text ?? '')?.[1]]));
  }

  async #comparedByGit(
    pairs: Pair[],
    prefix: string,
    { added, paths }: { added: boolean; paths: string[] | undefined },
  ): Promise<EventChange[] | undefined> {
    const scope = paths && paths.length <= FEW_PATHS ? paths.map((path) => prefix + path) : [prefix + EVENTS];
    const options = ['--root', `--diff-filter=${added ? 'A' : 'DMT'}`];
    const asked = pairs.map(({ commit, parent }) => (parent ? `${commit} ${parent}` : commit));
    const changes = await rawDiff(this.objects.commondir, asked, scope, options);
    return changes && eventsAmong(changes, prefix);
  }

  async #compared(pairs: Pair[], prefix: string, added: boolean): Promise<EventChange[]> {
    const found: EventChange[] = [];
    for (const { commit, parent } of pairs) {
      const eventsOf = (of: string) => this.objects.treeOf(of, prefix + EVENTS);
      const before = parent && (await eventsOf(parent));
      const all = await treeDifference(this.objects, before, await eventsOf(commit), EVENTS);
      const wanted = all.filter((it) => (it.before === undefined) === added);
      found.push(
        ...eventsAmong(
          wanted.map((it) => ({ ...it, commit })),
          '',
        ),
      );
    }
    return found;
  }

  async #entryAt(commit: string, path: string): Promise<TreeFile | undefined> {
    const { tree } = await this.objects.readCommit(commit);
    return this.objects.anyAt(tree, path);
  }
}

export async function filesOf(
  objects: Objects,
  commit: string,
  prefix: string,
): Promise<Map<string, TreeFile>> {
  const all = await filesIn(objects, await objects.treeOf(commit, prefix + EVENTS), EVENTS);
  return new Map(all.filter(({ path }) => isEvent(path)).map(({ path, ...file }) => [path, file]));
}

/** Few commits are compared without git, which takes longer to start. */
const FEW_COMMITS = 16;

/** The parents of the commits from a head down to `since`, or to the root; undefined if they are many or one is a merge. */
export async function fewCommits(
  objects: Objects,
  head: string,
  since: string | undefined,
): Promise<Map<string, string[]> | undefined> {
  const found = new Map<string, string[]>();
  for (let at: string | undefined = head; at !== undefined && at !== since; ) {
    const { parents }: { parents: string[] } = await objects.readCommit(at);
    if (parents.length > 1 || found.size === FEW_COMMITS) return undefined;
    found.set(at, parents);
    at = parents[0];
  }
  return found;
}

/** With more paths git is asked about all events instead. */
const FEW_PATHS = 200;

function eventsAmong(changes: (Difference & { commit: string })[], prefix: string): EventChange[] {
  const fileAt = (oid: string | undefined, mode: string | undefined) =>
    oid === undefined ? undefined : { oid, mode: mode! };
  return changes
    .map(({ commit, path, before, after, modes }) => ({
      commit: commit.slice(0, 40),
      path: path.slice(prefix.length),
      before: fileAt(before, modes.before),
      after: fileAt(after, modes.after),
    }))
    .filter(({ path }) => isEvent(path));
}

function addedIn(output: string, prefix: string): { commit: string; path: string }[] {
  const found: { commit: string; path: string }[] = [];
  let commit = '';
  for (const token of output.split('\0')) {
    const text = token.trim();
    if (/^[0-9a-f]{40}$/.test(text)) commit = text;
    else if (isEvent(text.slice(prefix.length))) found.push({ commit, path: text.slice(prefix.length) });
  }
  return found;
}

function isEvent(path: string): boolean {
  return placeOfEvent(path) !== undefined;
}
