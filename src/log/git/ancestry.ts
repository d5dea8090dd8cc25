import type { Objects } from './objects.js';
import { git, gitOrWhy } from './program/git-program.js';
import type { Repository } from './repository.js';

/** Whether a commit can be reached from another one, or is the same. By the next commits, mostly; else by git, or by walking all of them. */
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
  // git is not there, or cannot say: then the walk says what is missing.
  return reaches(objects, of, ancestor);
}

/** Where two commits parted; undefined where they have none in common. */
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

/** Whether a commit is among those before another one, told by looking at so many commits at most; undefined where that is not enough. */
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

/** The commits that one commit has and another has not, the newest first. By git, else by walking the commits. */
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

/** Commits to start from, and those that are left out with all before them. */
interface Range {
  heads: string[];
  without: string[];
}

/**
 * The commits of a range, with their parents, in the order that `options` of rev-list ask for. Undefined where git cannot be asked.
 *
 * git looks for what is to be left out by the dates of the commits, and lists some of it where one is older than its parent: a
 * clock was wrong. What it lists is then held against all that is to be left out.
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

/** Whether any of these can be reached from `without`: then so can one of those among them that start a line. */
async function isReached(
  { commondir }: Pick<Repository, 'commondir'>,
  listed: ReadonlyMap<string, string[]>,
  without: string[],
): Promise<boolean> {
  const first = [...listed].filter(([, parents]) => !parents.some((it) => listed.has(it)));
  // Of many it costs less to list all that is to be left out.
  if (first.length > FEW_LINES) return true;
  for (const [commit] of first)
    for (const other of without)
      if (await git(['merge-base', '--is-ancestor', commit, other], { commondir })) return true;
  return false;
}

const FEW_LINES = 8;

/** A commit and all before it, each with its parents, but for another commit and all before that. By git, else by walking the commits. */
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

/** A commit and all before it, but for those of `except` and what is before them. */
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
