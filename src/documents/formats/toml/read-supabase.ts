import { asPortName } from '../command-ports.js';
import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';
import { tomlLines } from './toml-lines.js';

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
