import { type DocumentFormat, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';
import { yamlLines } from '../yaml-lines.js';

/** The port of an app of umbrelOS, by its id (github.com/getumbrel/umbrel-apps, "The Umbrel App Manifest"). */
export const umbrel: DocumentFormat = {
  id: 'umbrel-app',
  says: 'publisher',
  matches: (name) => /^umbrel-app\.ya?ml$/.test(name),
  read(text) {
    const top = yamlLines(text).filter(({ path }) => path.length === 0);
    const id = top.find(({ key }) => key === 'id')?.value.replace(/["']/g, '');
    return top
      .filter(({ key }) => key === 'port')
      .flatMap(({ value, offset }) => portHere(value, offset, placesIn(text), id ? { resource: id } : {}));
  },
};
