import type { Objects } from './objects.js';
import { git, gitOrWhy } from './program/git-program.js';
import type { Repository } from './repository.js';

/** Whether a commit is reachable from another or equal to it. Looks at the nearest commits first, then asks git, or walks all commits. */
export async function isAncestor(
  repository: Repository,
  objects: Objects,
  ancestor: string,
  of: string,
): Promise<boolean> {
  const isNear = await isShortlyBefore(objects, ancestor, of);
  if (isNear !== undefined) return isNear;
  const { status } = await gitOrWhy(['merge-base', '--is-ancestor', ancestor, of], {
    commondir: repository.commondir,
  });
  if (status === 0 || status === 1) return status === 0;
  // Without an answer from git the walk finds out what is missing.
  return reaches(objects, of, ancestor);
}

/** The merge base of two commits; undefined if they have no common history. */
export async function mergeBaseOf(
  repository: Repository,
  objects: Objects,
  one: string,
  other: string,
): Promise<string | undefined> {
  const { status, stdout } = await gitOrWhy(['merge-base', one, other], { commondir: repository.commondir });
  if (status === 0) return stdout.toString('latin1').slice(0, 40);
  if (status === 1) return undefined;
  const known = await ancestorsOf(objects, other);
  for (const commit of await ancestorsOf(objects, one)) if (known.has(commit)) return commit;
  return undefined;
}

/** Whether a commit is an ancestor, looking at `most` commits at most; undefined if that is not enough. */
async function isShortlyBefore(
  objects: Objects,
  ancestor: string,
  head: string,
  most = 32,
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

/** The commits reachable from one commit and not from another, newest first. By git, else by walking. */
export async function commitsWithout(
  repository: Repository,
  objects: Objects,
  head: string,
  without: string,
): Promise<string[]> {
  const asked = await listRange(repository, { heads: [head], without: [without] });
  if (asked) return [...asked.keys()];
  const known = await ancestorsOf(objects, without);
  return [...(await ancestorsOf(objects, head, known))];
}

/** As for rev-list: heads, and commits to exclude with all their ancestors. */
interface Range {
  heads: string[];
  without: string[];
}

/**
 * The commits of a range with their parents, in the order of the `options` of rev-list. Undefined if git fails.
 *
 * git excludes commits by their dates, and lists some excluded ones if a commit is older than its parent because of a wrong clock.
 * Its list is therefore checked against all that is excluded.
 */
export async function listRange(
  { commondir }: Repository,
  { heads, without }: Range,
  options: string[] = [],
): Promise<Map<string, string[]> | undefined> {
  const list = async (wanted: string[], ...how: string[]) => {
    const run = { commondir, input: wanted.map((it) => `${it}\n`).join('') };
    const output = await git(['rev-list', ...how, '--stdin'], run);
    return output?.toString('latin1').split('\n').filter(Boolean);
  };
  const lines = await list([...heads, ...without.map((it) => `^${it}`)], '--parents', ...options);
  if (!lines) return undefined;
  const listed = new Map(lines.map((line) => [line.slice(0, 40), line.slice(41).split(' ').filter(Boolean)]));
  if (without.length === 0 || listed.size === 0) return listed;
  if (!(await isReached({ commondir }, listed, without))) return listed;
  const before = await list(without);
  if (!before) return undefined;
  for (const commit of before) listed.delete(commit);
  return listed;
}

/** Whether `without` reaches any of the listed commits: then it reaches one without a listed parent. */
async function isReached(
  { commondir }: Pick<Repository, 'commondir'>,
  listed: ReadonlyMap<string, string[]>,
  without: string[],
): Promise<boolean> {
  const first = [...listed].filter(([, parents]) => !parents.some((it) => listed.has(it)));
  // For many commits it is cheaper to list all excluded ones.
  if (first.length > FEW_LINES) return true;
  for (const [commit] of first)
    for (const other of without)
      if (await git(['merge-base', '--is-ancestor', commit, other], { commondir })) return true;
  return false;
}

const FEW_LINES = 8;

/** The commits reachable from one commit and not from another, with their parents. By git, else by walking. */
export async function commitsUpTo(
  repository: Repository,
  objects: Objects,
  head: string,
  without: string | undefined,
): Promise<Map<string, string[]>> {
  const asked = await listRange(repository, {
    heads: [head],
    without: without === undefined ? [] : [without],
  });
  if (asked) return asked;
  const known = without === undefined ? new Set<string>() : await ancestorsOf(objects, without);
  const found = new Map<string, string[]>();
  for (const commit of await ancestorsOf(objects, head, known))
    found.set(commit, (await objects.readCommit(commit)).parents);
  return found;
}

async function ancestorsOf(
  objects: Objects,
  head: string,
  except: ReadonlySet<string> = new Set(),
): Promise<Set<string>> {
  const seen = new Set<string>();
  const open = [head];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at) || except.has(at)) continue;
    seen.add(at);
    open.push(...(await objects.readCommit(at)).parents);
  }
  return seen;
}

async function reaches(objects: Objects, from: string, wanted: string): Promise<boolean> {
  const seen = new Set<string>();
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === wanted) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...(await objects.readCommit(at)).parents);
  }
  return false;
}
