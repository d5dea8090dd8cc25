import { EVENTS, isEventPath } from '../../../events/event-path.js';
import type { Origin } from '../event-log.js';
import type { Objects } from '../git/objects.js';
import { eachRecord } from '../git/program/bulk-read.js';
import { git } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';
import { treeDifference } from '../git/tree-difference.js';

/** Commits that a branch has: all, or those since another commit. */
interface Range {
  head: string;
  since?: string | undefined;
}

/** With more paths than this on its command line git is asked about all events. */
const FEW_PATHS = 100;

/**
 * What first brought each of these files, or all (paths from the registry's root) among the commits of a range; a merge brings what
 * none of its parents has. Through git where it is installed, else by walking the commits.
 */
export async function originsOf(
  repository: Repository,
  objects: Objects,
  range: Range,
  paths: string[] | 'all',
): Promise<Map<string, Origin>> {
  if (paths.length === 0) return new Map();
  const [commits, arrivals] = await Promise.all([
    commitsThatAdded(repository, objects, range, paths),
    arrivalsIn(repository, objects, range),
  ]);
  return new Map(
    [...commits].map(([path, commit]) => {
      const via = arrivals.get(commit);
      return [path, { commit, ...(via !== undefined && { via }) }];
    }),
  );
}

/** Whether a commit is among those before another one, told by looking at so many commits at most; undefined where that is not enough. */
export async function isShortlyBefore(
  objects: Objects,
  ancestor: string,
  head: string,
  most = 64,
): Promise<boolean | undefined> {
  const seen = new Set<string>();
  const open = [head];
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    if (at === ancestor) return true;
    if (seen.has(at)) continue;
    if (seen.size === most) return undefined;
    seen.add(at);
    open.push(...(await objects.readCommit(at)).parents);
  }
  return false;
}

/** The commit that first had each of these files, of those of a range. */
export async function commitsThatAdded(
  repository: Repository,
  objects: Objects,
  range: Range,
  paths: string[] | 'all',
): Promise<Map<string, string>> {
  return (await askGit(repository, range, paths)) ?? walk(repository, objects, range, paths);
}

/** The commit with which each of these files came to a branch itself: of what a merge brought, the merge. Empty without git. */
export async function arrivalsOnLine(
  repository: Repository,
  head: string,
  paths: string[],
): Promise<Map<string, string>> {
  const line = ['--first-parent', '--diff-merges=first-parent'];
  return (await askGit(repository, { head }, paths, line)) ?? new Map();
}

async function askGit(
  { prefix, commondir }: Repository,
  { head, since }: Range,
  paths: string[] | 'all',
  line = ['--full-history', '--diff-merges=combined'],
): Promise<Map<string, string> | undefined> {
  const scope =
    paths !== 'all' && paths.length <= FEW_PATHS
      ? paths.map((path) => prefix + path)
      : [`${prefix}${EVENTS}`];
  const options = [
    '--format=%x01%H',
    '--name-only',
    '--diff-filter=A',
    '--no-renames',
    '--no-show-signature',
    '--no-ext-diff',
    '--no-textconv',
    ...line,
  ];
  const range = since === undefined ? [head] : [head, `^${since}`];
  const wanted = paths === 'all' ? undefined : new Set(paths);
  const found = new Map<string, string>();
  let commit = '';
  const command = ['--literal-pathspecs', 'log', '-z', ...options, ...range, '--', ...scope];
  const whole = await eachRecord(commondir, command, (record) => {
    // An empty line stands between a commit and its files.
    const token = record.replace(/^\n+/, '');
    const path = token.slice(prefix.length);
    if (token.startsWith('\x01')) commit = token.slice(1);
    else if (wanted ? wanted.has(path) : isEventPath(path)) found.set(path, commit);
  });
  return whole ? found : undefined;
}

async function walk(
  repository: Repository,
  objects: Objects,
  { head, since }: Range,
  wanted: string[] | 'all',
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const paths = wanted === 'all' ? await allAt(repository, objects, head) : wanted;
  const seen = new Set<string | undefined>([since]);
  const open: { oid: string; missing: string[] }[] = [{ oid: head, missing: paths }];
  for (let at = open.pop(); at; at = open.pop()) {
    if (seen.has(at.oid)) continue;
    seen.add(at.oid);
    const { parents } = await objects.readCommit(at.oid);
    const inherited = new Set<string>();
    for (const parent of parents) {
      const here = await present(repository, objects, parent, at.missing);
      for (const path of here) inherited.add(path);
      if (here.length > 0) open.push({ oid: parent, missing: here });
    }
    for (const path of at.missing) if (!inherited.has(path)) found.set(path, at.oid);
  }
  return found;
}

async function allAt({ prefix }: Repository, objects: Objects, head: string): Promise<string[]> {
  const { tree } = await objects.readCommit(head);
  const events = await objects.treeAt(tree, prefix + EVENTS);
  return (await treeDifference(objects, undefined, events, EVENTS)).map(({ path }) => path);
}

async function present(
  { prefix }: Repository,
  objects: Objects,
  commit: string,
  paths: string[],
): Promise<string[]> {
  const { tree } = await objects.readCommit(commit);
  const entries = await Promise.all(paths.map((path) => objects.entryAt(tree, prefix + path, '100644')));
  return paths.filter((_, index) => entries[index]);
}

/** For each commit of a range that is not on the line of first parents, the merge on that line through which it came. */
async function arrivalsIn(
  repository: Repository,
  objects: Objects,
  { head, since }: Range,
): Promise<Map<string, string>> {
  const parents =
    (await parentsByGit(repository, { head, since })) ?? (await parentsByWalk(objects, { head, since }));
  const line: string[] = [];
  for (let at: string | undefined = head; at !== undefined && parents.has(at); at = parents.get(at)![0])
    line.push(at);
  const settled = new Set(line);
  const via = new Map<string, string>();
  for (const merge of line.reverse()) {
    const open = parents.get(merge)!.slice(1);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (settled.has(at) || !parents.has(at)) continue;
      settled.add(at);
      via.set(at, merge);
      open.push(...parents.get(at)!);
    }
  }
  return via;
}

async function parentsByGit(
  { commondir }: Repository,
  { head, since }: Range,
): Promise<Map<string, string[]> | undefined> {
  const range = since === undefined ? [head] : [head, `^${since}`];
  const output = await git(['rev-list', '--parents', ...range], { commondir });
  if (!output) return undefined;
  const lines = output.toString('latin1').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(0, 40), line.slice(41).split(' ').filter(Boolean)]));
}

async function parentsByWalk(objects: Objects, { head, since }: Range): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const open = [head];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === since || found.has(at)) continue;
    const { parents } = await objects.readCommit(at);
    found.set(at, parents);
    open.push(...parents);
  }
  return found;
}
