import * as z from 'zod/mini';
import { instant, printable } from './envelope.js';

const leaseOwner = z.strictObject({
  pid: z.int().check(z.gte(1)),
  started: z.string().check(z.maxLength(64)),
  boot: z.string().check(z.maxLength(64)),
  pidns: z.string().check(z.maxLength(64)),
});

/** Identifies a process beyond the reuse of its pid. Parts that the system does not report are empty. */
export type LeaseOwner = z.infer<typeof leaseOwner>;

/** PATH_MAX of Linux, limits.h. */
const path = printable(4096);

export const timedLease = z.strictObject({ expires: instant, owner: z.optional(leaseOwner) });
/** Where the folder was seen from: only there can it be found missing. */
const seen = z.strictObject({ machine: printable(64), mountns: printable(64), mount: path });

export const folderLease = z.strictObject({
  expires: z.null(),
  folder: path,
  git: z.optional(path),
  seen: z.optional(seen),
});
export const lease = z.union([timedLease, folderLease]);

/** A port leased until `expires`; with an owner, for the lifetime of that process at most. */
type TimedLease = z.infer<typeof timedLease>;

/**
 * A port leased while a folder exists: the root of a work tree. `git` is the folder of a linked work tree in the main repository:
 * `.git/worktrees/ID`.
 */
export type FolderLease = z.infer<typeof folderLease>;

export type Lease = TimedLease | FolderLease;

/** End of a lease in milliseconds since 1970; infinity for the lease of a folder. */
export function endOf({ expires }: Lease): number {
  return expires === null ? Number.POSITIVE_INFINITY : Date.parse(expires);
}

export function ownerOf(lease: Lease | undefined): LeaseOwner | undefined {
  return lease && lease.expires !== null ? lease.owner : undefined;
}

export function folderOf(lease: Lease | undefined): string | undefined {
  return lease?.expires === null ? lease.folder : undefined;
}

/** A lease in answers. A claim lasts until it is released: not leased, and both `lease` and `folder` are null. */
export interface LeaseFacts {
  leased: boolean;
  /** ISO time of its end; null for the lease of a folder. */
  lease: string | null;
  folder: string | null;
}

export function leaseFacts(lease: Lease | undefined): LeaseFacts {
  return { leased: lease !== undefined, lease: lease?.expires ?? null, folder: folderOf(lease) ?? null };
}

export type LeaseEnd = 'expired' | 'owner-gone' | 'folder-gone';

export const WHY_OVER: Record<LeaseEnd, { expected: string; actual: string }> = {
  expired: { expected: 'a lease with time to go', actual: 'past its end' },
  'owner-gone': { expected: 'a process that runs', actual: 'its process is gone' },
  'folder-gone': { expected: 'a folder that is there', actual: 'its folder is gone' },
};
