import { asPortName, portsInCommand } from '../command-ports.js';
import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';

/** `web: puma -p 5200`: a process type and its command a line (devcenter.heroku.com/articles/procfile). */
const LINE = /^([A-Za-z0-9_-]+):[ \t]*(.*)$/gm;

export const procfile: DocumentFormat = {
  id: 'procfile',
  says: 'option',
  matches: (name) => /^Procfile(\.[\w-]+)?$/.test(name),
  read(text) {
    const place = placesIn(text);
    return [...text.matchAll(LINE)].flatMap((match) => {
      const [whole, type = '', command = ''] = match;
      const start = match.index + whole.length - command.length;
      const name = asPortName(type);
      return portsInCommand(command).map(
        ({ port, offset, length }): PortEntry => ({
          ...place(start + offset),
          ...(name !== undefined && { name }),
          protocol: 'tcp',
          side: 'host',
          port,
          digits: { offset: start + offset, length },
        }),
      );
    });
  },
};
