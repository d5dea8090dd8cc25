/** Start of a cell, or of a part after a semicolon, that a spreadsheet may run as a formula: blanks and full-width signs included. */
const FORMULA = /(?:^|[;,\t\r\n])[\s\p{Cf}"']*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]/u;

/** The text of a cell, with a leading quote if a spreadsheet would run it as a formula. */
export function guardFormula(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** Reverses `guardFormula`. */
export function withoutGuard(cell: string): string {
  return cell.startsWith("'") && FORMULA.test(cell.slice(1)) ? cell.slice(1) : cell;
}
