import type { Warning } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { isAncestor, mergeBaseOf } from '../git/ancestry.js';
import type { Objects } from '../git/objects.js';
import { branchName } from '../git/ref-name.js';
import { RefUpdate, readRef, reflogLine } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { checkoutOf } from '../git/worktrees.js';
import { branchRecord, forgetBranch, rememberBranch } from '../remote/branch-records.js';
import { type Changes, changesOf, changesWithout, eventsAmong } from './branch-changes.js';

/** Keeps heads of branches that the host has closed or replaced, so that no commit is lost. */
const CLOSED = 'refs/vports/closed/';

/** A proposal branch, local and as last fetched, and the shared branch. */
export interface BranchPlace {
  repository: Repository;
  objects: Objects;
  ref: string;
  shared: string;
  theirs: string | undefined;
  remote: string;
}

/** The fate of a proposal branch; `theirs` is the remote's head that it was compared with. */
export type CaughtUp = Step & { theirs: string | undefined };

type Step =
  | { is: 'unchanged' | 'followed' | 'merged' }
  /** Its claims are neither on it nor on the shared branch. */
  | { is: 'closed'; warning: Warning }
  /** The local and the remote branch both have commits that the other lacks. */
  | { is: 'diverged' };

/**
 * Updates a proposal branch after the host merged, squashed, rebased, replaced or deleted it. Compares the contents of the changed files;
 * the compared head becomes the lease of the next push. Leaves a checked-out branch to its user. Requires the writer lock.
 */
export async function catchUp(place: BranchPlace): Promise<CaughtUp> {
  return { ...(await step(place)), theirs: place.theirs };
}

async function step(place: BranchPlace): Promise<Step> {
  const { repository, objects, ref, theirs } = place;
  const [ours, shared] = [readRef(repository, ref), readRef(repository, place.shared)];
  if (shared === undefined || (ours === undefined && theirs === undefined)) return { is: 'unchanged' };
  if (ours === undefined) {
    await move(place, undefined, theirs!);
    return { is: 'followed' };
  }
  const isAhead = theirs !== undefined && (await isAncestor(objects, theirs, ours));
  if (checkoutOf(repository, ref)) return { is: theirs === undefined || isAhead ? 'unchanged' : 'diverged' };
  const changes = await changesOf(objects, ours, await mergeBaseOf(objects, ours, shared));
  if ((await changesWithout(objects, changes, shared)).length === 0) return restart(place, ours, shared);
  const own = branchRecord(repository, ref);
  if (theirs === undefined) {
    if (own?.lease === undefined) return { is: 'unchanged' };
    if (!own.isPending) return close(place, { ours, next: shared, changes, shared });
    // Its last commits are on this machine alone: they go out again, with what they build on, on a new branch of the name.
    rememberBranch(repository, { ref, isPending: true, lease: undefined });
    return { is: 'unchanged' };
  }
  if (isAhead) {
    if (own) rememberBranch(repository, { ref, isPending: ours !== theirs, lease: theirs });
    return { is: 'unchanged' };
  }
  // It was built anew in place of what the remote has, and is not pushed yet.
  if (own?.isPending && own.lease === theirs) return { is: 'unchanged' };
  const missing = await changesWithout(objects, changes, theirs);
  if (missing.length === 0) {
    await move(place, ours, theirs);
    return { is: 'followed' };
  }
  // Never drops commits that only this machine has in favour of somebody else's.
  return own === undefined || own.isPending
    ? { is: 'diverged' }
    : close(place, { ours, next: theirs, changes: missing, shared });
}

/** Continues from the shared branch, which contains everything. What the remote branch still has was compared, and may be replaced. */
async function restart(place: BranchPlace, ours: string, shared: string): Promise<Step> {
  const { repository, objects, ref, theirs } = place;
  if (theirs !== undefined && theirs !== ours) {
    const changes = await changesOf(objects, theirs, await mergeBaseOf(objects, theirs, shared));
    // Somebody else has added to it.
    if ((await changesWithout(objects, changes, shared)).length > 0) {
      await move(place, ours, theirs);
      return { is: 'followed' };
    }
  }
  if (ours !== shared) await move(place, ours, shared);
  if (theirs === undefined) forgetBranch(repository, ref);
  else rememberBranch(repository, { ref, isPending: false, lease: theirs });
  return { is: 'merged' };
}

/**
 * Moves a branch that was pushed as it is to the shared branch, which has all of it or needs nothing of it; its commits are kept. False where
 * it is not, or no longer, such a branch. Requires the writer lock.
 */
export async function leave(place: BranchPlace): Promise<boolean> {
  const { repository, ref, theirs } = place;
  const [ours, shared] = [readRef(repository, ref), readRef(repository, place.shared)];
  const own = branchRecord(repository, ref);
  const isPushed = own?.isPending === false && own.lease === theirs && theirs !== undefined;
  if (!isPushed || ours === undefined || shared === undefined || checkoutOf(repository, ref)) return false;
  if (ours === shared) return true;
  if (ours !== theirs) return false;
  await keepClosed(repository, ref, ours);
  await move(place, ours, shared);
  return true;
}

/** Whether a branch is as leave() left it. Requires the writer lock. */
export function isLeft({ repository, ref, shared, theirs }: BranchPlace): boolean {
  const own = branchRecord(repository, ref);
  const isPushed = own?.isPending === false && own.lease === theirs;
  return isPushed && readRef(repository, ref) === readRef(repository, shared);
}

async function keepClosed(repository: Repository, ref: string, oid: string): Promise<string> {
  const kept = `${CLOSED}${branchName(ref)}/${oid.slice(0, 10)}`;
  if (readRef(repository, kept) === undefined)
    (await RefUpdate.begin(repository, kept, undefined, oid)).finish('');
  return kept;
}

async function close(
  place: BranchPlace,
  { ours, next, changes, shared }: { ours: string; next: string; changes: Changes; shared: string },
): Promise<Step> {
  const { repository, objects, ref, theirs, remote } = place;
  const kept = await keepClosed(repository, ref, ours);
  const lost = eventsAmong(await changesWithout(objects, changes, shared), repository.prefix);
  await move(place, ours, next);
  if (theirs === undefined) forgetBranch(repository, ref);
  const branch = branchName(ref);
  const how =
    theirs === undefined
      ? `branch ${branch} was deleted from ${remote}`
      : `${(await objects.readCommit(theirs)).author.name} replaced branch ${branch} at ${remote} (${theirs.slice(0, 10)})`;
  return {
    is: 'closed',
    warning: {
      code: 'BRANCH_CLOSED',
      message: `${how}: ${lost.length === 1 ? `its claim ${lost[0]} is` : `${lost.length} of its events are`} not in the registry`,
      hint: `its commits are kept: \`git --git-dir=${shellWord(repository.commondir)} log ${shellWord(kept)}\``,
    },
  };
}

async function move(
  { repository, objects, ref, theirs }: BranchPlace,
  old: string | undefined,
  next: string,
) {
  const update = await RefUpdate.begin(repository, ref, old, next, objects);
  // First, as a branch without it could not be pushed: a kill in between is made up for by the next comparison.
  if (next === theirs) rememberBranch(repository, { ref, isPending: false, lease: theirs });
  update.finish(reflogLine({ old, next }, 'follow the remote'));
}
