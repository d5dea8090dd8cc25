import { VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import type { Transport } from '../../world/index.js';
import type { PushAlong } from '../event-log.js';
import type { FetchedRefs } from '../remote/fetched-refs.js';
import { pushPastLocks } from '../remote/locks-in-the-way.js';
import { LockedHere, RemoteMoved } from '../remote/remote-answers.js';

/** A branch's new head, none to delete it, and the one that it replaces at the remote: none for a new branch. */
export interface Tip {
  ref: string;
  oid: string | undefined;
  lease: string | undefined;
}

/**
 * Pushes a branch that is not the shared one, if the remote has it at the lease, and then to the host's ref for reviews. Returns what the
 * host says. Requires the remote lock. Throws RemoteMoved, PUSH_REJECTED, CONFLICT, REMOTE_UNREACHABLE, LockedHere.
 */
export async function pushTip(
  transport: Transport,
  fetched: FetchedRefs,
  { ref, oid, lease }: Tip,
  { options, review }: PushAlong = { options: [] },
): Promise<string[]> {
  const said = await pushPastLocks(transport, { ref, oid, lease, options });
  // Of a deleted branch the next fetch forgets the head.
  if (oid === undefined) return said;
  // Failing to record the push must not look like a failed push.
  ignoreErrors(() => fetched.track(ref, oid));
  return review ? [...said, ...(await askForReview(transport, { ...review, oid }))] : said;
}

/** The branch is there in any case: why nobody reviews it is for the user to read. */
async function askForReview(
  transport: Transport,
  move: { ref: string; oid: string; options: readonly string[] },
): Promise<string[]> {
  try {
    return await pushPastLocks(transport, { ...move, lease: undefined });
  } catch (error) {
    const isRefusal =
      error instanceof VportsError || error instanceof RemoteMoved || error instanceof LockedHere;
    if (isRefusal) return [error.message];
    throw error;
  }
}
