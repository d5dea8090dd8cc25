import { type DocumentFormat, placesIn } from '../port-entry.js';
import { shellRegistry } from '../shell-registry/read-shell-registry.js';
import { variableEntries } from '../variable-entries.js';

/** `X_PORT="${X_PORT:-8194}"` and `readonly X_PORT=8194`, at the left of a line: what a function sets is its own. */
const ASSIGNMENT =
  /^\uFEFF?(?:(?:export|readonly|declare|typeset)[ \t]+(?:-[A-Za-z]+[ \t]+)*)?([A-Za-z_]\w*)=("[^"\n]*"|'[^'\n]*'|[^\s#;]+)/gm;

/** Shell files that set a service's defaults, read as text and never run; lists of ports in them count too. */
export const shellDefaults: DocumentFormat = {
  id: 'shell-defaults',
  says: 'variable',
  matches: (name) => /^(defaults?|config|settings|vars|env)\.(sh|bash)$/.test(name),
  read(text) {
    const place = placesIn(text);
    const assigned = [...text.matchAll(ASSIGNMENT)].map((match) => {
      const [whole, variable = '', value = ''] = match;
      return { variable, value, offset: match.index + whole.length - value.length };
    });
    return [...shellRegistry.read(text), ...variableEntries(assigned, place)];
  },
};
