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
