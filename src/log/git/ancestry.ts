import type { Objects } from './objects.js';
import { git, gitOrWhy } from './program/git-program.js';

/** Whether a commit is reachable from another or equal to it. Looks at the nearest commits first, then asks git, or walks all commits. */
export async function isAncestor(objects: Objects, ancestor: string, of: string): Promise<boolean> {
  const isNear = await isShortlyBefore(objects, ancestor, of);
  if (isNear !== undefined) return isNear;
  const { commondir } = objects;
  const { status } = await gitOrWhy(['merge-base', '--is-ancestor', ancestor, of], { commondir });
  if (status === 0 || status === 1) return status === 0;
  // Without an answer from git the walk finds out what is missing.
  for await (const at of walk(objects, of)) if (at === ancestor) return true;
  return false;
}

/** The merge base of two commits; undefined if they have no common history. */
export async function mergeBaseOf(objects: Objects, one: string, other: string): Promise<string | undefined> {
  const { commondir } = objects;
  const { status, stdout } = await gitOrWhy(['merge-base', one, other], { commondir });
  if (status === 0) return stdout.toString('latin1').slice(0, 40);
  if (status === 1) return undefined;
  const known = await ancestorsOf(objects, other);
  for await (const commit of walk(objects, one)) if (known.has(commit)) return commit;
  return undefined;
}

/** Whether a commit is an ancestor, looking at `most` commits at most; undefined if that is not enough. */
async function isShortlyBefore(
  objects: Objects,
  ancestor: string,
  head: string,
  most = 32,
): Promise<boolean | undefined> {
  let seen = 0;
  for await (const at of walk(objects, head, { nearestFirst: true })) {
    if (at === ancestor) return true;
    if (seen++ === most) return undefined;
  }
  return false;
}

/** The commits reachable from one commit and not from another, newest first. By git, else by walking. */
export async function commitsWithout(objects: Objects, head: string, without: string): Promise<string[]> {
  const asked = await listRange(objects.commondir, { heads: [head], without: [without] });
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
  commondir: string,
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
  if (!(await isReached(commondir, listed, without))) return listed;
  const before = await list(without);
  if (!before) return undefined;
  for (const commit of before) listed.delete(commit);
  return listed;
}

/** Whether `without` reaches any of the listed commits: then it reaches one without a listed parent. */
async function isReached(
  commondir: string,
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
  objects: Objects,
  head: string,
  without: string | undefined,
): Promise<Map<string, string[]>> {
  const range = { heads: [head], without: without === undefined ? [] : [without] };
  const asked = await listRange(objects.commondir, range);
  if (asked) return asked;
  const known = without === undefined ? new Set<string>() : await ancestorsOf(objects, without);
  const found = new Map<string, string[]>();
  for await (const commit of walk(objects, head, { except: known }))
    found.set(commit, (await objects.readCommit(commit)).parents);
  return found;
}

async function ancestorsOf(
  objects: Objects,
  head: string,
  except?: ReadonlySet<string>,
): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const commit of walk(objects, head, { except })) found.add(commit);
  return found;
}

/** Each commit that is reachable, before it is read. */
async function* walk(
  objects: Objects,
  head: string,
  { except, nearestFirst = false }: { except?: ReadonlySet<string> | undefined; nearestFirst?: boolean } = {},
): AsyncGenerator<string> {
  const seen = new Set<string>();
  const open = [head];
  const next = () => (nearestFirst ? open.shift() : open.pop());
  for (let at = next(); at !== undefined; at = next()) {
    if (seen.has(at) || except?.has(at)) continue;
    seen.add(at);
    yield at;
    open.push(...(await objects.readCommit(at)).parents);
  }
}
