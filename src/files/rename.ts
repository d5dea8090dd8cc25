import { errno } from '../errors.js';
import { renameSync } from '../world/files.js';
import { world } from '../world/index.js';

/** Milliseconds to wait for a file that another program has open. */
const PATIENCE = 2_000;

/**
 * Replaces a file or folder. On Windows a virus scanner or an indexer may have either open for a moment, and the system then
 * refuses (EPERM, EACCES, EBUSY): retried for two seconds.
 */
export function rename(from: string, to: string): void {
  const end = world.elapsed() + PATIENCE;
  for (let pause = 5; ; pause = Math.min(pause * 2, 200)) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      const isPassing = ['EPERM', 'EACCES', 'EBUSY'].includes(errno(error) ?? '');
      if (process.platform !== 'win32' || !isPassing || world.elapsed() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }
}
