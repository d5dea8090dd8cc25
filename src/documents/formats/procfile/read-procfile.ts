import { commandEntries } from '../command-ports.js';
import { type DocumentFormat, placesIn } from '../port-entry.js';

/** `web: puma -p 5200`: a process type and its command a line (devcenter.heroku.com/articles/procfile). */
const LINE = /^([A-Za-z0-9_-]+):[ \t]*(.*)$/gm;

export const procfile: DocumentFormat = {
  id: 'procfile',
  says: 'option',
  matches: (name) => /^Procfile(\.[\w-]+)?$/.test(name),
  read(text) {
    const place = placesIn(text);
    return [...text.matchAll(LINE)].flatMap((match) => {
      const [whole, name = '', command = ''] = match;
      return commandEntries(command, { start: match.index + whole.length - command.length, name, place });
    });
  },
};
