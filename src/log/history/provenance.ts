import { EVENTS } from '../../../events/event-path.js';
import { allDone } from '../../all-done.js';
import type { Origin } from '../event-log.js';
import type { Objects } from '../git/objects.js';
import { eachRecord } from '../git/program/bulk-read.js';
import { git } from '../git/program/git-program.js';
import type { Repository } from '../git/repository.js';
import { filesIn } from '../git/tree-difference.js';
import { CommitGraph } from './commit-graph.js';

/** The commits reachable from `head`, optionally without those of `since`. */
interface Range {
  head: string;
  since?: string | undefined;
}

/** With more paths git is asked about all events instead. */
const FEW_PATHS = 100;

/** The commits in a range that added each of these files (paths from the registry's root). Uses git if installed, else walks the commits. */
export async function originsOf(
  repository: Repository,
  objects: Objects,
  range: Range,
  paths: string[],
): Promise<Map<string, Origin>> {
  if (paths.length === 0) return new Map();
  const [commits, arrivals] = await allDone([
    commitsThatAdded(repository, objects, range, paths),
    arrivalsIn(repository, objects, range),
  ]);
  return withArrivals(commits, arrivals);
}

/** The origins of all files below `events/` of a branch, without git. */
export async function originsByWalk(
  repository: Repository,
  objects: Objects,
  head: string,
): Promise<Map<string, Origin>> {
  const paths = await allAt(repository, objects, head);
  const commits = await walk(repository, objects, { head }, paths);
  return withArrivals(commits, arrivalsAmong(await parentsByWalk(objects, { head })));
}

function withArrivals(
  commits: ReadonlyMap<string, string>,
  arrivals: ReadonlyMap<string, string>,
): Map<string, Origin> {
  return new Map(
    [...commits].map(([path, commit]) => {
      const via = arrivals.get(commit);
      return [path, { commit, ...(via !== undefined && { via }) }];
    }),
  );
}

export async function commitsThatAdded(
  repository: Repository,
  objects: Objects,
  range: Range,
  paths: string[],
): Promise<Map<string, string>> {
  return (await askGit(repository, range, paths)) ?? walk(repository, objects, range, paths);
}

/** git log options: list the files that a commit added, for a merge those of none of its parents. */
export const ADDED = [
  '--name-only',
  '--diff-filter=A',
  '--diff-merges=combined',
  '--no-renames',
  '--no-show-signature',
  '--no-ext-diff',
  '--no-textconv',
];

async function askGit(
  { prefix, commondir }: Repository,
  { head, since }: Range,
  paths: string[],
): Promise<Map<string, string> | undefined> {
  const scope = paths.length <= FEW_PATHS ? paths.map((path) => prefix + path) : [`${prefix}${EVENTS}`];
  const range = since === undefined ? [head] : [head, `^${since}`];
  const wanted = new Set(paths);
  const found = new Map<string, string>();
  let commit = '';
  const command = [
    '--literal-pathspecs',
    'log',
    '-z',
    '--format=%x01%H',
    ...ADDED,
    '--full-history',
    ...range,
  ];
  const whole = await eachRecord(commondir, [...command, '--', ...scope], (record) => {
    // An empty line separates a commit from its files.
    const token = record.replace(/^\n+/, '');
    const path = token.slice(prefix.length);
    if (token.startsWith('\x01')) commit = token.slice(1);
    else if (wanted.has(path)) found.set(path, commit);
  });
  return whole ? found : undefined;
}

async function walk(
  repository: Repository,
  objects: Objects,
  { head, since }: Range,
  paths: string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
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
  const events = await objects.treeOf(head, prefix + EVENTS);
  return (await filesIn(objects, events, EVENTS)).map(({ path }) => path);
}

async function present(
  { prefix }: Repository,
  objects: Objects,
  commit: string,
  paths: string[],
): Promise<string[]> {
  const { tree } = await objects.readCommit(commit);
  const entries = await allDone(paths.map((path) => objects.entryAt(tree, prefix + path, '100644')));
  return paths.filter((_, index) => entries[index]);
}

async function arrivalsIn(
  repository: Repository,
  objects: Objects,
  range: Range,
): Promise<Map<string, string>> {
  return arrivalsAmong((await parentsByGit(repository, range)) ?? (await parentsByWalk(objects, range)));
}

function arrivalsAmong(parents: ReadonlyMap<string, string[]>): Map<string, string> {
  const graph = new CommitGraph();
  for (const [commit, its] of parents) graph.add(commit, its);
  return new Map([...graph.arrivals()].map(([commit, via]) => [graph.names[commit]!, graph.names[via]!]));
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
