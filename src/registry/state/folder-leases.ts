import { dirname, join, resolve } from 'node:path';
import type { FolderLease } from '../../../events/lease.js';
import type { Holding } from '../../../events/stream.js';
import { readRegularText } from '../../files/regular-file.js';
import { existsSync, readdirSync } from '../../world/files.js';
import type { Whose } from '../decide/lease.js';

/** Ids of the granting events of those leases whose folder is really gone. */
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
 * Whether the folder of a lease is gone, and not only out of sight: the main repository can be read, and has forgotten the work
 * tree, or names a folder for it that is not there while the one around it is. A main work tree is never known to be gone: it
 * may have been moved.
 */
export function isFolderGone({ folder, git }: FolderLease): boolean {
  if (git === undefined || existsSync(folder)) return false;
  const commondir = dirname(dirname(git));
  if (!canBeRead(commondir)) return false;
  if (!existsSync(git)) return canBeListed(dirname(git), commondir);
  const worktree = worktreeNamedIn(git);
  return worktree !== undefined && !existsSync(worktree) && existsSync(dirname(worktree));
}

function canBeRead(commondir: string): boolean {
  try {
    readRegularText(join(commondir, 'HEAD'));
    return true;
  } catch {
    return false;
  }
}

/** git removes `worktrees` with the last one in it; a folder that may not be looked into has forgotten nobody. */
function canBeListed(worktrees: string, commondir: string): boolean {
  try {
    readdirSync(existsSync(worktrees) ? worktrees : commondir);
    return true;
  } catch {
    return false;
  }
}

/** The work tree's folder, as the file `gitdir` names its `.git`. */
function worktreeNamedIn(git: string): string | undefined {
  try {
    const target = readRegularText(join(git, 'gitdir')).trim();
    return target === '' ? undefined : dirname(resolve(git, target));
  } catch {
    return undefined;
  }
}

/** Whose the lease to a folder is, seen from `own`: two clones of one project, unlike two work trees, share what has no instance. */
export function whoseLease(own: FolderLease): (lease: FolderLease) => Whose {
  return (lease) => {
    if (lease.folder === own.folder && lease.git === own.git) return 'own';
    if (lease.folder === own.folder || (own.git !== undefined && lease.git === own.git)) return 'moved';
    const isMain = own.git === undefined && lease.git === undefined;
    if (existsSync(lease.folder)) return isMain ? 'own' : 'another';
    return isMain || isFolderGone(lease) ? 'moved' : 'another';
  };
}
