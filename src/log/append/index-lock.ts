import { join } from 'node:path';
import { existsSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import { rmSync } from '../git/guarded-files.js';
import { dropLock, dropOwnLock, prepareMark, takeLock } from '../git/refs.js';
import { privateFolder, type Repository } from '../git/repository.js';
import { type Checkout, checkouts } from '../git/worktrees.js';

/** Locks a checkout against git. The mark identifies the lock as ours: a killed writer leaves both. */
export async function takeIndexLock(repository: Repository, checkout: Checkout): Promise<void> {
  await prepareMark(indexMark(repository), `vports ${world.randomBytes(16).toString('hex')}\n`);
  await takeLock(indexLock(checkout), indexMark(repository));
}

export function dropIndexLock(repository: Repository, checkout: Checkout): void {
  dropLock(indexLock(checkout), indexMark(repository));
}

/** Drops the lock that a killed writer of ours left in any checkout. */
export function dropLeftIndexLocks(repository: Repository): void {
  for (const { gitdir } of checkouts(repository)) dropOwnLock(indexLock({ gitdir }), indexMark(repository));
  rmSync(indexMark(repository), { force: true });
}

export function hasIndexMark(repository: Repository): boolean {
  return existsSync(indexMark(repository));
}

function indexLock({ gitdir }: Pick<Checkout, 'gitdir'>): string {
  return join(gitdir, 'index.lock');
}

function indexMark(repository: Repository): string {
  return join(privateFolder(repository), 'index.mark');
}
