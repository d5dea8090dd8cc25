import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EVENTS } from '../../../events/event-path.js';
import { VportsError } from '../../errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import type { Policy } from '../../policy/policy.js';
import { parsePolicy } from '../../policy/policy-file.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import { headRef } from '../git/head.js';
import { Objects } from '../git/objects.js';
import { git } from '../git/program/git-program.js';
import { readRef, SEEN } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { resolveRevision } from '../git/revisions.js';
import { FILE, TREE } from '../git/tree.js';
import { commitsThatAdded } from '../history/provenance.js';
import { remoteOf } from '../remote/remote-of.js';

/** A line of a reflog has some 200 bytes. */
const LARGEST_REFLOG = 512 * 2 ** 20;

/** What a commit did to a file of the log. Paths start at the registry's root. */
export interface FileChange {
  commit: string;
  subject: string;
  author: { name: string; email: string };
  status: 'A' | 'M' | 'D';
  path: string;
  /** Whether the merge says that this went on purpose: `vports resolve` writes that. */
  settled: boolean;
}

/** A registry's history as it stands in git, for who checks it. Reads, and never writes. */
export class Audit {
  readonly #repository: Repository;
  readonly #objects: Objects;

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#objects = new Objects(repository.commondir);
  }

  /** The commit that a revision names; default: HEAD. Throws BAD_REVISION. */
  async commit(revision = 'HEAD'): Promise<string> {
    return resolveRevision(this.#repository, headRef(this.#repository.gitdir) ?? 'HEAD', revision);
  }

  /** Names of all files below `events/` of a commit, with their objects. */
  async files(commit: string): Promise<Map<string, string>> {
    const { tree } = await this.#objects.readCommit(commit);
    const root = this.#repository.prefix ? await this.#objects.treeAt(tree, this.#repository.prefix) : tree;
    const found = new Map<string, string>();
    const events = root && (await this.#objects.treeAt(root, EVENTS));
    if (events) await this.#walk(events, EVENTS, found);
    return found;
  }

  /** What is too large for an event is empty, which is none either. */
  async texts(oids: Iterable<string>): Promise<Map<string, string>> {
    const contents = await this.#objects.readEvents([...new Set(oids)]);
    return new Map([...contents].map(([oid, text]) => [oid, text ?? '']));
  }

  /** Throws BAD_POLICY, REGISTRY_NOT_FOUND. */
  async policy(commit: string): Promise<Policy> {
    const { tree } = await this.#objects.readCommit(commit);
    const entry = await this.#objects.entryAt(tree, this.#repository.prefix + POLICY_PATH, FILE);
    if (!entry) {
      throw new VportsError('REGISTRY_NOT_FOUND', `the commit ${commit.slice(0, 10)} has no ${POLICY_PATH}`, {
        hint: 'name the folder of the registry with --registry',
      });
    }
    return parsePolicy((await this.#objects.read(entry.oid)).content.toString('utf8'), POLICY_PATH);
  }

  /** The commit that brought each of these files. */
  async commitsOf(head: string, paths: string[]): Promise<Map<string, string>> {
    if (paths.length === 0) return new Map();
    return commitsThatAdded(this.#repository, this.#objects, { head }, paths);
  }

  async commonAncestor(one: string, other: string): Promise<string | undefined> {
    return (await this.#git(['merge-base', one, other]))?.trim();
  }

  async isShallow(): Promise<boolean> {
    return existsSync(join(this.#repository.commondir, 'shallow'));
  }

  async countCommits(head: string, base?: string): Promise<number> {
    return Number(
      ((await this.#git(['rev-list', '--count', head, ...(base ? [`^${base}`] : [])])) ?? '0').trim(),
    );
  }

  /**
   * What the commits of `head`, without those of `base`, did to files of the log, the oldest first; a merge by what it did to
   * its first parent, on the line of first parents only. Empty without git.
   */
  async changes(head: string, base?: string): Promise<FileChange[]> {
    const format =
      '--format=%x01%H%x00%an%x00%ae%x00%s%x00%(trailers:key=Vports-Dropped,valueonly,separator=%x0a)%x00';
    const common = [
      'log',
      '-z',
      '--reverse',
      '--name-status',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      '--no-show-signature',
      format,
    ];
    const range = [head, ...(base ? [`^${base}`] : []), '--', `${this.#repository.prefix}${EVENTS}`];
    const plain = await this.#git([...common, '--no-merges', ...range]);
    const merges = await this.#git([
      ...common,
      '--first-parent',
      '--merges',
      '--diff-merges=first-parent',
      ...range,
    ]);
    return [plain, merges].flatMap((output) => parseLog(output ?? '', this.#repository.prefix));
  }

  /**
   * Commits that vports wrote to the shared branch, or fetched for it, and that `head` does not have, the newest first: told by
   * the branch's reflog and by the last head that was believed. Empty without git, and for a commit of another branch.
   */
  async lost(head: string): Promise<string[]> {
    const ref = headRef(this.#repository.gitdir);
    if (ref === undefined || readRef(this.#repository, ref) !== head || ref !== this.#sharedRef()) return [];
    const log = join(this.#repository.commondir, 'logs', ref);
    const lines = existsSync(log) ? readRegularBytes(log, LARGEST_REFLOG).toString('utf8').split('\n') : [];
    const written = lines.flatMap(
      (line) => /^[0-9a-f]{40} ([0-9a-f]{40}) .*\tvports: /.exec(line)?.[1] ?? [],
    );
    const seen = readRef(this.#repository, SEEN);
    const known = [...new Set([...written, ...(seen ? [seen] : [])])];
    if (known.length === 0) return [];
    const input = `${[...known, `^${head}`].join('\n')}\n`;
    const output = await git(['rev-list', '--ignore-missing', '--stdin'], {
      commondir: this.#repository.commondir,
      input,
    });
    return (output?.toString('latin1') ?? '').split('\n').filter(Boolean);
  }

  /** In a monorepo, and on a branch of one's own, commits are their author's to rebase. */
  #sharedRef(): string | undefined {
    if (this.#repository.prefix !== '') return undefined;
    const remote = remoteOf(this.#repository)?.shared;
    if (remote !== undefined || this.#repository.worktree === null)
      return remote ?? headRef(this.#repository.gitdir);
    return ['refs/heads/main', 'refs/heads/master'].find(
      (ref) => readRef(this.#repository, ref) !== undefined,
    );
  }

  close(): void {
    this.#objects.close();
  }

  async #walk(tree: string, path: string, found: Map<string, string>): Promise<void> {
    for (const { name, mode, oid } of await this.#objects.readTree(tree)) {
      if (mode === TREE) await this.#walk(oid, `${path}/${name}`, found);
      else found.set(`${path}/${name}`, oid);
    }
  }

  async #git(args: string[]): Promise<string | undefined> {
    const output = await git(['--literal-pathspecs', ...args], { commondir: this.#repository.commondir });
    return output?.toString('utf8');
  }
}

/** `\x01COMMIT\0AUTHOR\0EMAIL\0SUBJECT\0` and then, for each file, `STATUS\0PATH\0`. */
function parseLog(output: string, prefix: string): FileChange[] {
  return output
    .split('\x01')
    .slice(1)
    .flatMap((entry) => {
      const [commit = '', name = '', email = '', subject = '', dropped = '', ...rest] = entry.split('\0');
      const settled = new Set(dropped.split('\n'));
      const fields = rest.map((field) => field.replace(/^\n+/, '')).filter((field) => field !== '');
      const changes: FileChange[] = [];
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const status = fields[at] === 'A' || fields[at] === 'D' ? fields[at] : 'M';
        changes.push({
          commit,
          subject,
          author: { name, email },
          status: status as FileChange['status'],
          path: fields[at + 1]!.slice(prefix.length),
          settled: settled.has(fields[at + 1]!.slice(prefix.length)),
        });
      }
      return changes;
    });
}
