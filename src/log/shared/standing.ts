import { encodeEvent } from '../../../events/encoding.js';
import type { Appended } from '../event-log.js';
import { isAncestor } from '../git/ancestry.js';
import { type Objects, objectName } from '../git/objects.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import { QUEUE } from '../remote/branch-heads.js';

/**
 * State of this machine's queue relative to the shared branch as last followed. Appended commits go to the queue; the branch only
 * moves to heads of the remote.
 *
 *     settled    the queue is empty
 *     waiting    the queue starts at the branch: it can be published
 *     overtaken  the queue starts elsewhere: the branch has moved, and the commands decide again
 *     landed     the branch contains the queue: its publisher was killed before it could say so
 *
 *     append:  settled -> waiting, waiting -> waiting; after a drop also overtaken, landed -> waiting
 *     publish: waiting -> landed if the remote accepts it; waiting -> settled if somebody else was faster, or it is rejected
 *     follow:  waiting -> overtaken or landed, as the branch moves
 *     drop:    overtaken, landed -> settled
 */
export type Standing =
  | { is: 'settled' }
  | {
      is: 'waiting';
      commits: string[];
      /** The parent of the oldest one: the remote's branch has to be there for a push. */
      base: string;
    }
  | { is: 'overtaken' }
  | { is: 'landed' };

/** More are never queued: each belongs to a waiting command. */
const MOST_QUEUED = 500;

/** Derived from the commits: no ref records where the queue starts. */
export async function standingOf(repository: Repository, objects: Objects, ref: string): Promise<Standing> {
  const head = readRef(repository, QUEUE);
  if (head === undefined) return { is: 'settled' };
  const branch = readRef(repository, ref);
  if (branch === undefined) return { is: 'overtaken' };
  const commits: string[] = [];
  for (let at: string | undefined = head; at !== undefined && commits.length < MOST_QUEUED; ) {
    if (at === branch)
      return commits.length === 0 ? { is: 'landed' } : { is: 'waiting', commits, base: branch };
    commits.unshift(at);
    [at] = (await objects.readCommit(at)).parents;
  }
  return (await isAncestor(objects, head, branch)) ? { is: 'landed' } : { is: 'overtaken' };
}

/** Whether a branch has the appended events, by path and content, or without events the commit itself. */
export async function hasAppended(
  repository: Repository,
  objects: Objects,
  ref: string,
  { oid, events, paths }: Appended,
): Promise<boolean> {
  const head = readRef(repository, ref);
  if (head === undefined) return false;
  if (events.length === 0) return isAncestor(objects, oid, head);
  const { tree } = await objects.readCommit(head);
  const entry = await objects.entryAt(tree, repository.prefix + paths[0]!, FILE);
  return entry?.oid === objectName('blob', Buffer.from(encodeEvent(events[0]!)));
}
