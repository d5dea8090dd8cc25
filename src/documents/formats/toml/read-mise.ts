import {
  type DocumentFormat,
  isPortVariable,
  isUdpVariable,
  type PortEntry,
  placesIn,
} from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';
import { tomlLines } from './toml-lines.js';

/** Variables in the `[env]` of a mise.toml (mise.jdx.dev/environments). */
export const mise: DocumentFormat = {
  id: 'mise',
  matches: (name) => /^\.?mise(\.[\w-]+)?\.toml$/.test(name),
  read(text) {
    const place = placesIn(text);
    return tomlLines(text).flatMap(({ table, key, value, offset }): PortEntry[] => {
      const literal = table === 'env' && isPortVariable(key) ? portLiteralIn(value, offset) : undefined;
      if (literal?.port === undefined) return [];
      const protocol = isUdpVariable(key) ? 'udp' : 'tcp';
      return [{ ...place(offset), protocol, side: 'host', ...literal, variable: key }];
    });
  },
};
