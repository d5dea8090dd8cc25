import * as z from 'zod/mini';
import { instant, printable } from './envelope.js';

const leaseOwner = z.strictObject({
  pid: z.int().check(z.gte(1)),
  started: z.string().check(z.maxLength(64)),
  boot: z.string().check(z.maxLength(64)),
  pidns: z.string().check(z.maxLength(64)),
});

/** A process, told apart from every other that ever had its pid. Parts the system does not tell are empty. */
export type LeaseOwner = z.infer<typeof leaseOwner>;

/** As long as Linux lets a path be, PATH_MAX in limits.h. */
const path = printable(4096);

export const timedLease = z.strictObject({ expires: instant, owner: z.optional(leaseOwner) });
/** From where a folder was seen: only from there can it be found gone. */
const seen = z.strictObject({ machine: printable(64), mountns: printable(64), mount: path });

export const folderLease = z.strictObject({
  expires: z.null(),
  folder: path,
  git: z.optional(path),
  seen: z.optional(seen),
});
export const lease = z.union([timedLease, folderLease]);

/** A port borrowed until `expires`; with an owner, for as long as that process lives. */
type TimedLease = z.infer<typeof timedLease>;

/**
 * A port borrowed for as long as a folder is there: the root of a work tree. `git` is what git keeps of it in the main
 * repository, where it is a linked one: `.git/worktrees/ID`.
 */
export type FolderLease = z.infer<typeof folderLease>;

export type Lease = TimedLease | FolderLease;

/** When a lease ends, in milliseconds since 1970; never for one that lasts as long as its folder. */
export function endOf({ expires }: Lease): number {
  return expires === null ? Number.POSITIVE_INFINITY : Date.parse(expires);
}

export function ownerOf(lease: Lease | undefined): LeaseOwner | undefined {
  return lease && lease.expires !== null ? lease.owner : undefined;
}

/** The folder whose lease it is. */
export function folderOf(lease: Lease | undefined): string | undefined {
  return lease?.expires === null ? lease.folder : undefined;
}

/** A lease as every answer says it. A claim, which lasts until it is released, is not leased and has neither. */
export interface LeaseFacts {
  leased: boolean;
  /** ISO time of its end; null for one that lasts as long as a folder. */
  lease: string | null;
  /** The folder that it is leased to. */
  folder: string | null;
}

export function leaseFacts(lease: Lease | undefined): LeaseFacts {
  return { leased: lease !== undefined, lease: lease?.expires ?? null, folder: folderOf(lease) ?? null };
}

/** Why a lease is over. */
export type LeaseEnd = 'expired' | 'owner-gone' | 'folder-gone';

/** In words: what a lease should have, and what it has. */
export const WHY_OVER: Record<LeaseEnd, { expected: string; actual: string }> = {
  expired: { expected: 'a lease with time to go', actual: 'past its end' },
  'owner-gone': { expected: 'a process that runs', actual: 'its process is gone' },
  'folder-gone': { expected: 'a folder that is there', actual: 'its folder is gone' },
};
