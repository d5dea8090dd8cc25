/** Rows under a heading, each column as wide as its widest cell; numbers to the right. */
export function table(heading: string[], rows: (string | number)[][]): string {
  const cells = [heading, ...rows.map((row) => row.map(String))];
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const right = heading.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
}

/** Where a cell or a part of one begins that a spreadsheet may take for a formula: behind blanks, in full width, behind a semicolon. */
const FORMULA = /(?:^|[;,\t\r\n])[\s\p{Cf}"']*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]/u;

/** RFC 4180, with line feeds; a cell that a spreadsheet would take for a formula is kept as text by a leading quote. */
export function csv(heading: string[], rows: (string | number | null)[][]): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? '' : String(value);
    const safe = FORMULA.test(text) && typeof value === 'string' ? `'${text}` : text;
    return /[",;\n\r\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [heading, ...rows].map((row) => row.map(cell).join(',')).join('\n');
}
