import { succeeds } from '../../attempt.js';
import type { Repository } from './repository.js';

/** The umask is common to the process: concurrent users of this count themselves, and the last one restores it. */
let [atWork, before] = [0, 0];

/** Makes what `work` writes accessible as core.sharedRepository says (git-config(1)), also for child processes. */
export async function withSharedModes<T>({ config }: Repository, work: () => Promise<T>): Promise<T> {
  const mask = maskFor(config.get('core.sharedrepository'));
  // node does not allow it in worker threads.
  if (mask === undefined || !succeeds(() => process.umask(process.umask()))) return work();
  if (atWork++ === 0) before = process.umask();
  process.umask(mask(before));
  try {
    return await work();
  } finally {
    if (--atWork === 0) process.umask(before);
  }
}

function maskFor(value: string | undefined): ((mask: number) => number) | undefined {
  const text = value?.toLowerCase() ?? 'umask';
  if (['group', 'true', 'yes', 'on', '1', ''].includes(text)) return (mask) => mask & ~0o070;
  if (['all', 'world', 'everybody', '2'].includes(text)) return (mask) => mask & ~0o075;
  if (!/^0[0-7]{3}$/.test(text)) return undefined;
  const mode = Number.parseInt(text, 8);
  // Read access to a folder includes search access.
  return () => ~(mode | ((mode & 0o444) >> 2)) & 0o777;
}
