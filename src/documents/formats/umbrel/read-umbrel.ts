import type { DocumentFormat } from '../port-entry.js';
import { portsMatching } from '../port-here.js';

/** Keys at the root, which no line of a text in the manifest can be. */
const PORT = /^port:[ \t]*["']?(?<port>\d{1,5})\b/gm;
const ID = /^id:[ \t]*["']?([^"'\s#]+)/m;

/** The port of an app of umbrelOS, by its id (github.com/getumbrel/umbrel-apps, "The Umbrel App Manifest"). */
export const umbrel: DocumentFormat = {
  id: 'umbrel-app',
  says: 'publisher',
  matches: (name) => /^umbrel-app\.ya?ml$/.test(name),
  read(text) {
    const id = ID.exec(text)?.[1];
    return portsMatching(text, PORT, () => (id === undefined ? {} : { resource: id }));
  },
};
