import type { NamedEntry } from './import-names.js';

/** Entries in the order in which they count: by format, then by file and line. */
export function comparing(formats: string[]): (a: NamedEntry, b: NamedEntry) => number {
  const rank = new Map(formats.map((id, index) => [id, index]));
  return (a, b) =>
    rank.get(a.format)! - rank.get(b.format)! ||
    (a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1);
}
