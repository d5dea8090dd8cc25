import { guardFormula } from '../files/formula-guard.js';

type Rows = (string | number)[][];

/** Minimum column width, in characters. */
const LEAST = 10;

export function table(heading: string[], rows: Rows): string {
  return fitTable(heading, rows).text;
}

/**
 * Fits a table into `width` characters: cuts the widest columns, never the first one, then drops the last columns. `hidden` has the
 * headings of the dropped ones. Numbers are aligned right.
 */
export function fitTable(
  heading: string[],
  rows: Rows,
  width = Number.POSITIVE_INFINITY,
): { text: string; hidden: string[] } {
  const cells = [heading, ...rows.map((row) => row.map(String))];
  const widths = fitWidths(
    heading.map((_, column) => Math.max(...cells.map((row) => row[column]!.length))),
    width,
  );
  const right = heading.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const line = (row: string[]) =>
    row
      .slice(0, widths.length)
      .map((cell, column) => cut(cell, widths[column]!))
      .map((cell, column) => (right[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd();
  return { text: cells.map(line).join('\n'), hidden: heading.slice(widths.length) };
}

function fitWidths(natural: number[], width: number): number[] {
  const widths = [...natural];
  const overhang = () => widths.reduce((sum, it) => sum + it + 2, -2) - width;
  while (overhang() > 0 && widths.length > 1) {
    const widest = Math.max(...widths.slice(1));
    if (widest > LEAST) widths[widths.lastIndexOf(widest)] = widest - 1;
    else widths.splice(0, Infinity, ...natural.slice(0, widths.length - 1));
  }
  return widths;
}

function cut(cell: string, width: number): string {
  // Do not cut a surrogate pair in half.
  return cell.length > width ? `${cell.slice(0, width - 1).replace(/[\ud800-\udbff]$/, '')}…` : cell;
}

/** RFC 4180, with line feeds; a leading quote keeps spreadsheets from evaluating a cell as a formula. */
export function csv(heading: string[], rows: (string | number | null)[][]): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? '' : String(value);
    const safe = typeof value === 'string' ? guardFormula(text) : text;
    return /[",;\n\r\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [heading, ...rows].map((row) => row.map(cell).join(',')).join('\n');
}
