import type { Repository } from './repository.js';

/** A process has one umask: those at work at once share it, and the last one puts back what was there. */
let [atWork, before] = [0, 0];

/**
 * Runs `work`, and what it writes may be read and written by those whom the repository is shared with: core.sharedRepository, as
 * git-config(1) has it. Children of this process do the same.
 */
export async function withSharedModes<T>({ config }: Repository, work: () => Promise<T>): Promise<T> {
  const mask = maskFor(config.get('core.sharedrepository'));
  if (mask === undefined || !mayBeSet()) return work();
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
  // Who may read a folder may look into it.
  return () => ~(mode | ((mode & 0o444) >> 2)) & 0o777;
}

/** In a worker thread node lets nobody set it. */
function mayBeSet(): boolean {
  try {
    process.umask(process.umask());
    return true;
  } catch {
    return false;
  }
}
