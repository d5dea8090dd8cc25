import { git } from './git-program.js';

/** A line of `git diff-tree --stdin -z --raw --no-abbrev`: a file changed by a commit. */
export interface RawChange {
  commit: string;
  status: 'A' | 'M' | 'D';
  path: string;
  /** Oids of the old and the new blob; undefined for none. */
  before: string | undefined;
  after: string | undefined;
  /** `100644` is a plain file, `000000` none. */
  modes: { before: string; after: string };
}

/**
 * What commits change below these paths, by one `git diff-tree`: each compared with its parents, or in `COMMIT OTHER` with another one.
 * Undefined if git failed.
 */
export async function rawDiff(
  commondir: string,
  commits: string[],
  paths: string[],
  options: string[] = [],
): Promise<RawChange[] | undefined> {
  const usual = ['--stdin', '-r', '-z', '--raw', '--no-abbrev', '--no-renames', '--no-ext-diff', ...options];
  const output = await git(['--literal-pathspecs', 'diff-tree', ...usual, '--', ...paths], {
    commondir,
    input: commits.map((it) => `${it}\n`).join(''),
  });
  return output && parseRawDiff(output.toString('utf8'));
}

/** Parses `COMMIT\0`, and for each file `:MODE MODE OID OID STATUS\0PATH\0`. */
export function parseRawDiff(output: string): RawChange[] {
  const fields = output.split('\0');
  const found: RawChange[] = [];
  let commit = '';
  for (let at = 0; at < fields.length; at++) {
    const field = fields[at]!;
    if (!field.startsWith(':')) {
      commit = field.trim();
      continue;
    }
    const [modeBefore = '', modeAfter = '', before, after, letter] = field.slice(1).split(' ');
    const status = letter === 'A' || letter === 'D' ? letter : 'M';
    found.push({
      commit,
      status,
      path: fields[++at]!,
      before: status === 'A' ? undefined : before,
      after: status === 'D' ? undefined : after,
      modes: { before: modeBefore, after: modeAfter },
    });
  }
  return found;
}
