import { decodeEvent } from '../../events/encoding.js';
import type { PortEvent } from '../../events/event.js';
import { type PortKey, portKey } from '../../events/port.js';
import type { Objects } from './objects.js';
import { EVENTS } from './paths.js';
import type { Repository } from './repository.js';
import { TREE } from './tree.js';

/** Somebody wants a port on a branch that is not merged yet. */
export interface OpenClaim {
  branch: string;
  resource: string;
  name: string;
}

/**
 * Ports that other branches have events of which `head` has not: claimed there, and to be left alone here. Of a remote, its
 * branches as last fetched and those that wait to be pushed; else all local ones. `shared` is the branch that all share:
 * there any event counts, a release too, as the next one of the stream would be the same file. `heads` are the branches.
 */
export async function openClaims(
  repository: Repository,
  objects: Objects,
  head: string,
  shared: string,
  heads: ReadonlyMap<string, string>,
): Promise<Map<PortKey, OpenClaim>> {
  const claims = new Map<PortKey, OpenClaim>();
  const own = (await objects.readCommit(head)).tree;
  for (const [ref, oid] of heads) {
    if (oid === head) continue;
    const { tree } = await objects.readCommit(oid);
    const paths: [string, string][] = [];
    const place = `${repository.prefix}${EVENTS}`;
    await differing(
      objects,
      await objects.treeAt(tree, place),
      await objects.treeAt(own, place),
      place,
      paths,
    );
    for (const event of await newest(objects, paths)) {
      if (event.type === 'port.released' && ref !== shared) continue;
      const { resource, name } = event;
      if (!claims.has(portKey(event)))
        claims.set(portKey(event), { branch: ref.replace('refs/heads/', ''), resource, name });
    }
  }
  return claims;
}

/** Files of one tree that the other has not, or has otherwise: only what differs is looked into. */
async function differing(
  objects: Objects,
  tree: string | undefined,
  other: string | undefined,
  path: string,
  found: [string, string][],
): Promise<void> {
  if (tree === undefined || tree === other) return;
  const known = new Map((other ? await objects.readTree(other) : []).map((entry) => [entry.name, entry]));
  for (const { name, mode, oid } of await objects.readTree(tree)) {
    const same = known.get(name);
    if (same?.oid === oid) continue;
    if (mode === TREE)
      await differing(objects, oid, same?.mode === TREE ? same.oid : undefined, `${path}/${name}`, found);
    else found.push([`${path}/${name}`, oid]);
  }
}

/** The newest event of each stream among these files. What cannot be read claims nothing. */
async function newest(objects: Objects, paths: [string, string][]): Promise<PortEvent[]> {
  const last = new Map<PortKey, PortEvent>();
  const texts = await objects.readMany(paths.map(([, oid]) => oid));
  for (const [, oid] of paths) {
    try {
      const event = decodeEvent(texts.get(oid)!.toString('utf8'));
      if ((last.get(portKey(event))?.version ?? 0) < event.version) last.set(portKey(event), event);
    } catch {
      // A branch that somebody has damaged is reviewed before it is merged.
    }
  }
  return [...last.values()];
}
