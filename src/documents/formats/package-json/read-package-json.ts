import { findNodeAtLocation } from 'jsonc-parser';
import { unlessRefused } from '../../../attempt.js';
import { commandEntries } from '../command-ports.js';
import { parseRoot, propertiesOf, textAt } from '../json-tree.js';
import { type DocumentFormat, placesIn } from '../port-entry.js';

/** Ports in the scripts of a package.json: `"dev": "vite --port 5173"`. */
export const packageJson: DocumentFormat = {
  id: 'package-json',
  says: 'option',
  matches: (name) => name === 'package.json',
  read(text) {
    if (!/\d{2}/.test(text) || !/port|listen|runserver|\s-[pSb]\b/i.test(text)) return [];
    // npm itself reports a broken package.json.
    const root = unlessRefused(() => parseRoot(text, 'package.json'));
    if (!root) return [];
    const place = placesIn(text);
    const resource = textAt(root, ['name'])?.replace(/^@[^/]*\//, '');
    return propertiesOf(findNodeAtLocation(root, ['scripts'])).flatMap(({ name, value }) => {
      if (value.type !== 'string') return [];
      // Within the quotes, as it is written: escapes do not move the digits.
      const start = value.offset + 1;
      const command = text.slice(start, value.offset + value.length - 1);
      return commandEntries(command, { start, name, place }).map((it) => ({
        ...it,
        ...(resource !== undefined && { resource }),
      }));
    });
  },
};
