import { dirname, join } from 'node:path';
import { readdirSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import { isThere } from '../git/guarded-files.js';

/** Files of waiting processes, in the folder of the lock: `writer.` and a nonce of 24 hex digits. */
const WAITING = /^writer\.[0-9a-f]{24}$/;

/** Eleven digits of milliseconds since 1970, then random ones: names sort by arrival. */
export function newNonce(): string {
  const came = world.now().toString(16).padStart(11, '0');
  return came + world.randomBytes(7).toString('hex').slice(1);
}

/**
 * The file of the waiting process just ahead in the queue; undefined for the first one. Only for fairness, and to wake one process at a
 * time: the lock itself decides.
 */
export function nextInQueue(own: string, waits: (file: string) => boolean): string | undefined {
  const folder = dirname(own);
  const others = readdirSync(folder).filter((name) => WAITING.test(name) && join(folder, name) < own);
  const name = others
    .sort()
    .reverse()
    .find((it) => waits(join(folder, it)));
  return name && join(folder, name);
}

/**
 * Waits until a file is gone, at most `longest` milliseconds, or `blind` if the system cannot watch it. Polling by many waiting
 * processes would slow down those that they wait for.
 */
export function untilGone(path: string, longest: number, blind: number): Promise<void> {
  return new Promise((resolve) => {
    let unwatch = (): void => undefined;
    let forget = (): void => undefined;
    const done = () => {
      forget();
      unwatch();
      resolve();
    };
    const wait = (time: number) => {
      forget();
      forget = world.after(time, done);
    };
    wait(longest);
    try {
      // A rename event may be another hard link; if another file replaces this one, it is gone.
      const happened = (change: string) => {
        if (change === 'rename' || !isThere(path)) done();
      };
      unwatch = world.watch(path, happened, () => wait(blind));
    } catch {
      // Already gone, or too many files are watched.
      wait(isThere(path) ? blind : 0);
    }
  });
}
