import { git } from './git-program.js';
import type { Objects } from './objects.js';
import type { Repository } from './repository.js';

/** With more paths than this on its command line git is asked about all events. */
const FEW_PATHS = 100;

/**
 * The commit that first brought each file, of those reachable from `head`; a merge brings what none of its parents has.
 * Through `git log` where git is installed, else by walking the commits.
 */
export async function commitsThatAdded(
  repository: Repository,
  objects: Objects,
  head: string | undefined,
  paths: string[],
): Promise<Map<string, string>> {
  if (!head || paths.length === 0) return new Map();
  return (await askGit(repository, head, paths)) ?? walk(repository, objects, head, paths);
}

async function askGit(
  repository: Repository,
  head: string,
  paths: string[],
): Promise<Map<string, string> | undefined> {
  const { prefix, commondir } = repository;
  const scope = paths.length <= FEW_PATHS ? paths.map((path) => prefix + path) : [`${prefix}events`];
  const options = [
    '--format=%x01%H',
    '--name-only',
    '--diff-filter=A',
    '--no-renames',
    '--full-history',
    '--no-show-signature',
    '--no-ext-diff',
    '--no-textconv',
    '--diff-merges=combined',
  ];
  const output = await git(['--literal-pathspecs', 'log', '-z', ...options, head, '--', ...scope], {
    gitdir: commondir,
  });
  if (!output) return undefined;
  const wanted = new Set(paths);
  const found = new Map<string, string>();
  let commit = '';
  for (const token of output.toString('utf8').split(/[\0\n]+/)) {
    if (token.startsWith('\x01')) commit = token.slice(1);
    else if (wanted.has(token.slice(prefix.length))) found.set(token.slice(prefix.length), commit);
  }
  return found;
}

async function walk(
  repository: Repository,
  objects: Objects,
  head: string,
  paths: string[],
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const seen = new Set<string>();
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
