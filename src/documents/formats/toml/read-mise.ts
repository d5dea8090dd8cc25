import { type DocumentFormat, placesIn } from '../port-entry.js';
import { variableEntries } from '../variable-entry.js';
import { tomlLines } from './toml-lines.js';

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
