import { linesIn } from '../port-entry.js';

/** A plain `key = value` of a TOML file, with its table and the position of its value. */
export interface TomlLine {
  /** `db.pooler`; empty before the first table. */
  table: string;
  key: string;
  /** As written, quotes and all. */
  value: string;
  offset: number;
}

/** Numbers and strings on one line (toml.io/en/v1.0.0); longer values have no ports. */
export function tomlLines(text: string): TomlLine[] {
  let table = '';
  return linesIn(text).flatMap(({ line, offset }) => {
    table = /^\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}/.exec(line)?.[1] ?? table;
    const [whole, key = '', value = ''] = /^\s*"?([\w-]+)"?\s*=\s*("[^"]*"|'[^']*'|\d+)/.exec(line) ?? [];
    return whole === undefined ? [] : [{ table, key, value, offset: offset + whole.length - value.length }];
  });
}
