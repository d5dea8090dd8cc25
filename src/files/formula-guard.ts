/** Where a cell or a part of one begins that a spreadsheet may take for a formula: behind blanks, in full width, behind a semicolon. */
const FORMULA = /(?:^|[;,\t\r\n])[\s\p{Cf}"']*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]/u;

/** The text of a cell, with a quote before it where a spreadsheet would run it as a formula. */
export function guardFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** The text that `guardFormula` was given. */
export function withoutGuard(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
}
