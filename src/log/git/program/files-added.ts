import { hasGit } from './git-program.js';
import { rawDiff } from './raw-diff.js';

/**
 * Per commit, the files below a folder that `base` lacks or has otherwise, by one `git diff-tree`. Paths start at the folder. Undefined if
 * git failed.
 */
export async function filesAdded(
  commondir: string,
  base: string,
  commits: string[],
  folder: string,
): Promise<Map<string, { path: string; oid: string }[]> | undefined> {
  if (!hasGit()) return undefined;
  const pairs = commits.map((it) => `${it} ${base}`);
  const changes = await rawDiff(commondir, pairs, [folder]);
  if (changes === undefined) return undefined;
  const found = new Map(commits.map((it) => [it, [] as { path: string; oid: string }[]]));
  for (const { commit, path, after } of changes)
    if (after !== undefined) found.get(commit)?.push({ path: path.slice(folder.length + 1), oid: after });
  return found;
}
