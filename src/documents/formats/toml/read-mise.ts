import { type DocumentFormat, placesIn } from '../port-entry.js';
import { variableEntry } from '../variable-entry.js';
import { tomlLines } from './toml-lines.js';

/** Variables in the `[env]` of a mise.toml (mise.jdx.dev/environments). */
export const mise: DocumentFormat = {
  id: 'mise',
  matches: (name) => /^\.?mise(\.[\w-]+)?\.toml$/.test(name),
  read(text) {
    const place = placesIn(text);
    return tomlLines(text)
      .filter(({ table }) => table === 'env')
      .flatMap(({ key, value, offset }) => variableEntry({ variable: key, value, offset }, place));
  },
};
