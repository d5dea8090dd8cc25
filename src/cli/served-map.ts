import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ignoreErrors } from '../files/ignore-errors.js';
import { dataFolder } from '../files/user-folders.js';
import { servePage } from '../host/page-server.js';
import { keepUserFile } from '../process/user-file.js';

export interface ServedMap {
  url: string;
  /** A private file that redirects to `url`: all users can see the arguments of a browser process, and the URL is a secret. */
  file: string;
  show(page: string): void;
}

const ENDING: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export async function serveMap(page: string): Promise<ServedMap> {
  let current = page;
  const server = await servePage(() => current);
  const folder = join(dataFolder(), 'map');
  const name = `${process.pid}.html`;
  const file = join(folder, name);
  const redirect = `<meta http-equiv="refresh" content="0;url=${server.url}">`;
  keepUserFile(folder, name, `<!doctype html><meta name="referrer" content="no-referrer">${redirect}\n`);
  for (const signal of ENDING) {
    process.once(signal, () => {
      ignoreErrors(() => rmSync(file, { force: true }));
      server.close();
      // The handler is gone now, so the signal ends this process.
      process.kill(process.pid, signal);
    });
  }
  return {
    url: server.url,
    file,
    show: (next) => {
      if (next === current) return;
      current = next;
      server.tellChanged();
    },
  };
}
