import { git, hasGit } from './git-program.js';
import { parseRawDiff } from './raw-diff.js';

/**
 * The files below a folder that each of many commits has and `base` has not, or has otherwise, by one `git diff-tree`. Paths start
 * at the folder. Undefined where git is not there or failed.
 */
export async function filesAdded(
  commondir: string,
  base: string,
  commits: string[],
  folder: string,
): Promise<Map<string, { path: string; oid: string }[]> | undefined> {
  if (!hasGit()) return undefined;
  const options = ['--stdin', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff'];
  // A commit with parents behind it is compared with these, and not with its own.
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
