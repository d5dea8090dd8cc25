import type { Warning } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { world } from '../../world/index.js';
import { isAncestor, mergeBaseOf } from '../git/ancestry.js';
import type { Objects } from '../git/objects.js';
import { branchName } from '../git/ref-name.js';
import { NO_OID, RefUpdate, readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { checkoutOf } from '../git/worktrees.js';
import { forgetBranch, ownBranch, rememberBranch } from '../remote/own-branches.js';
import { type Changes, changesOf, changesWithout, eventsAmong } from './branch-changes.js';

/** Where heads of branches are kept that the host has closed or replaced: nothing that was committed here is lost. */
const CLOSED = 'refs/vports/closed/';

/** A branch beside the shared one: here, at the remote as last fetched, and the shared branch. */
export interface BranchPlace {
  repository: Repository;
  objects: Objects;
  ref: string;
  shared: string;
  theirs: string | undefined;
  remote: string;
}

/** What became of a branch that was written here; `theirs` is the head of the remote's that it was compared with. */
export type CaughtUp = Step & { theirs: string | undefined };

type Step =
  | { is: 'unchanged' | 'followed' | 'merged' }
  /** Its claims are neither on it nor on the shared branch any more. */
  | { is: 'closed'; warning: Warning }
  /** Here it has commits that the remote's has not, and the other way round. */
  | { is: 'diverged' };

/**
 * Brings a branch in step with what the host has made of it since it was pushed: merged, squashed, rebased, replaced or deleted. Compared
 * are the files that it changed, by their bytes; the head that they were compared with is the lease of the next push. A branch that is
 * checked out is its user's to bring in step. Only the writer of this machine may call it.
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
  const isAhead = theirs !== undefined && (await isAncestor(repository, objects, theirs, ours));
  if (checkoutOf(repository, ref)) return { is: theirs === undefined || isAhead ? 'unchanged' : 'diverged' };
  const changes = await changesOf(objects, ours, await mergeBaseOf(repository, objects, ours, shared));
  if ((await changesWithout(objects, changes, shared)).length === 0) return startAnew(place, ours, shared);
  const own = ownBranch(repository, ref);
  if (theirs === undefined) {
    const wasThere = own?.lease !== undefined;
    return wasThere ? close(place, { ours, next: shared, changes, shared }) : { is: 'unchanged' };
  }
  if (isAhead) {
    if (own) rememberBranch(repository, { ref, isPending: ours !== theirs, lease: theirs });
    return { is: 'unchanged' };
  }
  const missing = await changesWithout(objects, changes, theirs);
  if (missing.length === 0) {
    await move(place, ours, theirs);
    return { is: 'followed' };
  }
  // Commits that only this machine has are not given up for what somebody else pushed.
  return own === undefined || own.isPending
    ? { is: 'diverged' }
    : close(place, { ours, next: theirs, changes: missing, shared });
}

/** From the shared branch, which has all of it. What the remote still has of it has been compared, and may be replaced. */
async function startAnew(place: BranchPlace, ours: string, shared: string): Promise<Step> {
  const { repository, objects, ref, theirs } = place;
  if (theirs !== undefined && theirs !== ours) {
    const changes = await changesOf(objects, theirs, await mergeBaseOf(repository, objects, theirs, shared));
    // Somebody else has added to it meanwhile.
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

async function close(
  place: BranchPlace,
  { ours, next, changes, shared }: { ours: string; next: string; changes: Changes; shared: string },
): Promise<Step> {
  const { repository, objects, ref, theirs, remote } = place;
  const kept = `${CLOSED}${branchName(ref)}/${ours.slice(0, 10)}`;
  if (readRef(repository, kept) === undefined)
    (await RefUpdate.begin(repository, kept, undefined, ours)).finish('');
  const lost = eventsAmong(await changesWithout(objects, changes, shared), repository.prefix);
  await move(place, ours, next);
  if (theirs === undefined) forgetBranch(repository, ref);
  const branch = branchName(ref);
  const how =
    theirs === undefined
      ? `${remote} has deleted the branch ${branch}`
      : `${(await objects.readCommit(theirs)).author.name} has replaced the branch ${branch} at ${remote} (${theirs.slice(0, 10)})`;
  return {
    is: 'closed',
    warning: {
      code: 'BRANCH_CLOSED',
      message: `${how}: ${lost.length === 1 ? `its claim ${lost[0]} is` : `${lost.length} events of it are`} not on record`,
      hint: `what it had is kept: \`git --git-dir=${shellWord(repository.commondir)} log ${shellWord(kept)}\``,
    },
  };
}

async function move(
  { repository, objects, ref, theirs }: BranchPlace,
  old: string | undefined,
  next: string,
) {
  const who = `vports <vports> ${Math.floor(world.now() / 1000)} +0000`;
  const update = await RefUpdate.begin(repository, ref, old, next, objects);
  update.finish(`${old ?? NO_OID} ${next} ${who}\tvports: follow the remote\n`);
  if (next === theirs) rememberBranch(repository, { ref, isPending: false, lease: theirs });
}
