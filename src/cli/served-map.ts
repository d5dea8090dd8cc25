import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ignoreErrors } from '../files/ignore-errors.js';
import { dataFolder } from '../files/user-folders.js';
import { servePage } from '../host/page-server.js';
import { keepUserFile } from '../process/user-file.js';

/** The map on this machine, until the terminal ends it. */
export interface ServedMap {
  url: string;
  /** A file for this user alone that sends a browser there: what a program is started with, all users may see. */
  file: string;
  /** Shows the page as it is now. */
  show(page: string): void;
}

const ENDING: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

export async function serveMap(page: string): Promise<ServedMap> {
  let current = page;
  const server = await servePage(() => current);
  const folder = join(dataFolder(), 'map');
  const name = `${process.pid}.html`;
  const file = join(folder, name);
  keepUserFile(folder, name, redirectTo(server.url));
  for (const signal of ENDING) {
    process.once(signal, () => {
      ignoreErrors(() => rmSync(file, { force: true }));
      server.close();
      // Nothing handles it any more: it ends this process as it would have.
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

function redirectTo(url: string): string {
  return `<!doctype html><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0;url=${url}">\n`;
}
