import { dirname, join, resolve } from 'node:path';
import type { FolderLease } from '../../../events/lease.js';
import type { Holding } from '../../../events/stream.js';
import { attempt, succeeds } from '../../attempt.js';
import { readRegularText } from '../../files/regular-file.js';
import { isSeenFromHere } from '../../process/mount.js';
import { existsSync, readdirSync } from '../../world/files.js';
import type { Whose } from '../decide/lease.js';

export function goneLeases(leases: Iterable<Holding>): ReadonlySet<string> {
  const known = new Map<string, boolean>();
  const gone = new Set<string>();
  for (const { lease, event } of leases) {
    if (lease?.expires !== null) continue;
    const key = `${lease.folder}\0${lease.git}`;
    const isGone = known.get(key) ?? isFolderGone(lease);
    known.set(key, isGone);
    if (isGone) gone.add(event);
  }
  return gone;
}

/**
 * Whether the folder of a lease is gone, and not only out of sight. It is missing while the mount is there that it was on, seen from
 * where the lease was recorded; or, where a lease says nothing of that, the main repository has forgotten the work tree. One that
 * git has elsewhere by now has moved, and one that is locked may be on a drive that is away.
 */
export function isFolderGone({ folder, git, seen }: FolderLease): boolean {
  if (existsSync(folder)) return false;
  if (git !== undefined && existsSync(git)) {
    if (existsSync(join(git, 'locked'))) return false;
    const worktree = worktreeNamedIn(git);
    if (worktree === undefined || existsSync(worktree)) return false;
    if (seen === undefined && !existsSync(dirname(worktree))) return false;
  }
  if (seen !== undefined) return isSeenFromHere(seen);
  if (git === undefined) return false;
  const commondir = dirname(dirname(git));
  const canBeRead = succeeds(() => readRegularText(join(commondir, 'HEAD')));
  if (!canBeRead || existsSync(git)) return canBeRead;
  // git removes `worktrees` with its last entry; an unreadable folder proves nothing.
  const worktrees = dirname(git);
  return succeeds(() => readdirSync(existsSync(worktrees) ? worktrees : commondir));
}

/** From the file `gitdir`, which names its `.git`. */
function worktreeNamedIn(git: string): string | undefined {
  const target = attempt(() => readRegularText(join(git, 'gitdir')).trim());
  return target ? dirname(resolve(git, target)) : undefined;
}

/** Seen from `own`. Two clones of one project share resources without an instance; two work trees do not. */
export function whoseLease(own: FolderLease): (lease: FolderLease) => Whose {
  return (lease) => {
    if (lease.folder === own.folder && lease.git === own.git) return 'own';
    if (lease.folder === own.folder || (own.git !== undefined && lease.git === own.git)) return 'moved';
    const isMain = own.git === undefined && lease.git === undefined;
    if (existsSync(lease.folder)) return isMain ? 'own' : 'another';
    return isMain || isFolderGone(lease) ? 'moved' : 'another';
  };
}
