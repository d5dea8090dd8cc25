import { dirname, join } from 'node:path';
import { lstatSync, readdirSync } from '../../world/files.js';
import { world } from '../../world/index.js';

/** Files of those who wait for a lock, in its folder: `writer.` and a nonce, 24 hex digits. */
const WAITING = /^writer\.[0-9a-f]{24}$/;

/** Eleven digits of milliseconds since 1970, then chance: names sort by when their owners came. */
export function newNonce(): string {
  const came = world.now().toString(16).padStart(11, '0');
  return came + world.randomBytes(7).toString('hex').slice(1);
}

/**
 * The file of whoever came last before the owner of this one and still waits; undefined for the first in line. It is for fairness,
 * and for waking one at a time: who gets the lock is told by the lock alone.
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
 * Waits until a file is gone, at most `longest` milliseconds; where the system does not tell of that, at most
 * `blind`. A crowd that looked again and again would keep the processors from those it waits for.
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
      // It may only be linked under another name; where another file is put in its place, this one is gone.
      const happened = (change: string) => {
        if (change === 'rename' || !isThere(path)) done();
      };
      unwatch = world.watch(path, happened, () => wait(blind));
    } catch {
      // Gone already, or one of too many files that are watched.
      wait(isThere(path) ? blind : 0);
    }
  });
}

/** A link that leads nowhere is there too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
