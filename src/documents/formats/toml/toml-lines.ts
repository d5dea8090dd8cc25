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
  const found: TomlLine[] = [];
  let table = '';
  let at = 0;
  for (const line of text.split('\n')) {
    const header = /^\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}/.exec(line)?.[1];
    if (header !== undefined) table = header;
    const [whole, key = '', value = ''] = /^\s*"?([\w-]+)"?\s*=\s*("[^"]*"|'[^']*'|\d+)/.exec(line) ?? [];
    if (whole !== undefined) found.push({ table, key, value, offset: at + whole.length - value.length });
    at += line.length + 1;
  }
  return found;
}
