import { decodeEvent } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import { EVENTS } from '../../../events/event-path.js';
import { type PortKey, portKey } from '../../../events/port.js';
import type { OpenClaim } from '../event-log.js';
import type { Objects } from '../git/objects.js';
import { branchName } from '../git/ref-name.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { treeDifference } from '../git/tree-difference.js';
import { QUEUE } from './branch-heads.js';

/**
 * Ports that other branches have events of which `head` has not: claimed there, and to be left alone here. Of a remote, its
 * branches as last fetched and those that wait to be pushed; else all local ones. `shared` is the branch that all share:
 * there any event counts, a release too, as the next one of the stream would be the same file. `heads` are the branches.
 */
export async function unmergedClaims(
  repository: Repository,
  objects: Objects,
  head: string,
  shared: string,
  heads: ReadonlyMap<string, string>,
): Promise<Map<PortKey, OpenClaim>> {
  const claims = new Map<PortKey, OpenClaim>();
  const isOwn = (ref: string) => ref !== shared && readRef(repository, ref) !== undefined;
  const own = (await objects.readCommit(head)).tree;
  for (const [ref, oid] of heads) {
    if (oid === head) continue;
    const { tree } = await objects.readCommit(oid);
    const place = `${repository.prefix}${EVENTS}`;
    const [mine, theirs] = [await objects.treeAt(own, place), await objects.treeAt(tree, place)];
    const added = (await treeDifference(objects, mine, theirs)).flatMap(({ after }) => after ?? []);
    for (const event of await newest(objects, added)) {
      const branch = ref === QUEUE ? shared : ref;
      if (event.type === 'port.released' && branch !== shared) continue;
      const { resource, name } = event;
      if (!claims.has(portKey(event)))
        claims.set(portKey(event), { branch: branchName(branch), own: isOwn(branch), resource, name });
    }
  }
  return claims;
}

/** The newest event of each stream among these files. What cannot be read claims nothing. */
async function newest(objects: Objects, files: string[]): Promise<PortEvent[]> {
  const last = new Map<PortKey, PortEvent>();
  const texts = await objects.readEvents(files);
  for (const oid of files) {
    try {
      const event = decodeEvent(texts.get(oid) ?? '');
      if ((last.get(portKey(event))?.version ?? 0) < event.version) last.set(portKey(event), event);
    } catch {
      // A branch that somebody has damaged is reviewed before it is merged.
    }
  }
  return [...last.values()];
}
