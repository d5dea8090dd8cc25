import { git, hasGit } from './git-program.js';
import { parseRawDiff } from './raw-diff.js';

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
  const options = ['--stdin', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff'];
  // A commit followed by others is compared with these instead of its parents.
  const input = commits.map((it) => `${it} ${base}\n`).join('');
  const output = await git(['--literal-pathspecs', 'diff-tree', ...options, '--', folder], {
    commondir,
    input,
  });
  if (output === undefined) return undefined;
  const found = new Map(commits.map((it) => [it, [] as { path: string; oid: string }[]]));
  for (const { commit, path, after } of parseRawDiff(output.toString('utf8')))
    if (after !== undefined) found.get(commit)?.push({ path: path.slice(folder.length + 1), oid: after });
  return found;
}
