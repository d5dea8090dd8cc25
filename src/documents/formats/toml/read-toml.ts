import { asPortName } from '../command-ports.js';
import { type DocumentFormat, linesIn, type PortEntry, placesIn } from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';
import { variableEntries } from '../variable-entries.js';

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

/** Variables in the `[env]` of a mise.toml (mise.jdx.dev/environments). */
export const mise: DocumentFormat = {
  id: 'mise',
  says: 'variable',
  matches: (name) => /^\.?mise(\.[\w-]+)?\.toml$/.test(name),
  read(text) {
    const set = tomlLines(text).filter(({ table }) => table === 'env');
    return variableEntries(
      set.map(({ key, value, offset }) => ({ variable: key, value, offset })),
      placesIn(text),
    );
  },
};

/** `supabase/config.toml`: `port` and `shadow_port` of its tables (supabase.com/docs/guides/local-development/cli/config). */
export const supabase: DocumentFormat = {
  id: 'supabase',
  says: 'option',
  matches: (name) => name === 'config.toml',
  read(text) {
    // Others have a config.toml too.
    if (!/^[ \t]*project_id[ \t]*=/m.test(text)) return [];
    const place = placesIn(text);
    return tomlLines(text).flatMap(({ table, key, value, offset }): PortEntry[] => {
      const kind = /^(?:(\w+)_)?port$/.exec(key);
      const literal = kind && portLiteralIn(value, offset);
      if (!literal?.port || table === '') return [];
      const name = asPortName([table.replaceAll('.', '-'), kind![1]].filter(Boolean).join('-'));
      return [{ ...place(offset), ...(name && { name }), protocol: 'tcp', side: 'host', ...literal }];
    });
  },
};
