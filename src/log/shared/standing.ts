import { encodeEvent } from '../../../events/encoding.js';
import type { Appended } from '../event-log.js';
import { isAncestor } from '../git/ancestry.js';
import { type Objects, objectName } from '../git/objects.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import { QUEUE } from '../remote/branch-heads.js';

/**
 * How the queue of this machine stands to the shared branch as it was followed last. What is appended goes to the queue; the branch
 * only goes to what the remote has.
 *
 *     settled    nothing is queued
 *     waiting    what is queued begins at the branch: it can be published
 *     overtaken  it begins elsewhere: the branch has moved on, and the commands are decided again
 *     landed     the branch has all of it: who published it was killed before it was said
 *
 *     append:  settled -> waiting, waiting -> waiting; after a drop also overtaken, landed -> waiting
 *     publish: waiting -> landed where the remote takes it; waiting -> settled where somebody else was faster, or it is refused
 *     follow:  waiting -> overtaken or landed, as the branch moves
 *     drop:    overtaken, landed -> settled
 */
export type Standing =
  | { is: 'settled' }
  | {
      is: 'waiting';
      /** Queued commits, the oldest first. */
      commits: string[];
      /** The first parent of the oldest one: where the remote's branch has to be for them to be pushed. */
      base: string;
    }
  | { is: 'overtaken' }
  | { is: 'landed' };

/** More are never queued: each is that of a command which waits. */
const MOST_QUEUED = 500;

/** By the commits themselves: no ref says where the queue began. */
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
  return (await isAncestor(repository, objects, head, branch)) ? { is: 'landed' } : { is: 'overtaken' };
}

/** Whether a branch has what was appended: its events by path and content, else the commit itself. */
export async function hasAppended(
  repository: Repository,
  objects: Objects,
  ref: string,
  { oid, events, paths }: Appended,
): Promise<boolean> {
  const head = readRef(repository, ref);
  if (head === undefined) return false;
  if (events.length === 0) return isAncestor(repository, objects, oid, head);
  const { tree } = await objects.readCommit(head);
  const entry = await objects.entryAt(tree, repository.prefix + paths[0]!, FILE);
  return entry?.oid === objectName('blob', Buffer.from(encodeEvent(events[0]!)));
}
