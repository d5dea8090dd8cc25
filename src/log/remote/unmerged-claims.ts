import { decodeEvent } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import { EVENTS } from '../../../events/event-path.js';
import { type PortKey, portKey } from '../../../events/port.js';
import type { OpenClaim } from '../event-log.js';
import type { Cache } from '../fold/cache.js';
import type { Objects } from '../git/objects.js';
import { filesAdded } from '../git/program/files-added.js';
import { branchName } from '../git/ref-name.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { treeDifference } from '../git/tree-difference.js';
import { QUEUE } from './branch-heads.js';

/** An event file that the tip of a branch has, and the head it was compared with has not. */
type Added = Pick<PortEvent, 'port' | 'protocol' | 'version' | 'type' | 'resource' | 'name'> & {
  project?: string | undefined;
  local?: string | undefined;
  /** From `events` on. */
  path: string;
  oid: string;
};

/** What is known of the tips of branches, beside the tree of events of one head. A tip never changes what it has. */
interface Known {
  events: string | undefined;
  tips: Record<string, Added[]>;
}

/** Where to look, and the ref of the log that asks: heads of two of them do not follow on each other. */
interface Place {
  repository: Repository;
  objects: Objects;
  cache: Cache;
  ref: string;
}

/** With fewer new tips git is not started, and with fewer new events what is known is not written anew. */
const FEW = 16;

/**
 * Ports that other branches have events of which `head` has not: claimed there, and to be left alone here. Of a remote, its
 * branches as last fetched and those that wait to be pushed; else all local ones. `shared` is the branch that all share:
 * there any event counts, a release too, as the next one of the stream would be the same file. `heads` are the branches.
 */
export async function unmergedClaims(
  place: Place,
  head: string,
  shared: string,
  heads: ReadonlyMap<string, string>,
): Promise<Map<PortKey, OpenClaim>> {
  const tips = [...new Set(heads.values())].filter((oid) => oid !== head);
  const { tips: added } = await addedAt(place, head, tips);
  const claims = new Map<PortKey, OpenClaim>();
  const isOwn = (ref: string) => ref !== shared && readRef(place.repository, ref) !== undefined;
  for (const [ref, oid] of heads) {
    const branch = ref === QUEUE ? shared : ref;
    for (const event of branch === shared ? newest(added[oid] ?? []) : granted(added[oid] ?? [])) {
      const { resource, name, project, local } = event;
      const whose = { ...(project !== undefined && { project }), ...(local !== undefined && { local }) };
      if (!claims.has(portKey(event)))
        claims.set(portKey(event), {
          branch: branchName(branch),
          own: isOwn(branch),
          resource,
          name,
          ...whose,
        });
    }
  }
  return claims;
}

/** What each tip has and `head` has not: what was known beside another head is carried over, and only new tips are looked into. */
async function addedAt(place: Place, head: string, tips: string[]): Promise<Known> {
  const { repository, objects, cache, ref } = place;
  const name = `tips ${repository.prefix} ${ref}`;
  const before = cache.load(name) as Known | undefined;
  const events = await eventsOf(repository, objects, head);
  const carried = before && (await carriedTo(objects, before, events));
  const missing = tips.filter((oid) => !carried || !Object.hasOwn(carried.tips, oid));
  const found = await lookInto(place, head, missing);
  const known: Known = {
    events,
    tips: Object.fromEntries(tips.map((oid) => [oid, found.get(oid) ?? carried?.tips[oid] ?? []])),
  };
  const isOld = !carried || missing.length > 0 || carried.passed > FEW;
  if (isOld && tips.length > 0) cache.save(name, known);
  return known;
}

/** Undefined where the new head has lost or changed what the old one had: each tip is then to be looked into again. */
async function carriedTo(
  objects: Objects,
  { events: before, tips }: Known,
  events: string | undefined,
): Promise<(Known & { passed: number }) | undefined> {
  const passed = await treeDifference(objects, before, events).catch(() => undefined);
  if (!passed || passed.some((it) => it.before !== undefined)) return undefined;
  const here = new Map(passed.map(({ path, after }) => [path, after]));
  const left = Object.entries(tips).map(
    ([tip, added]) => [tip, added.filter(({ path, oid }) => here.get(path) !== oid)] as const,
  );
  return { events, tips: Object.fromEntries(left), passed: passed.length };
}

async function lookInto(
  { repository, objects }: Place,
  head: string,
  tips: string[],
): Promise<Map<string, Added[]>> {
  const place = `${repository.prefix}${EVENTS}`;
  const files =
    (tips.length > FEW ? await filesAdded(repository.commondir, head, tips, place) : undefined) ??
    (await filesAddedByWalk(repository, objects, head, tips));
  const texts = await objects.readEvents([...files.values()].flat().map(({ oid }) => oid));
  const decoded = (file: { path: string; oid: string }): Added[] => {
    try {
      const event = decodeEvent(texts.get(file.oid) ?? '');
      const { port, protocol, version, type, resource, name } = event;
      const { project, local } = event as { project?: string; local?: string };
      return [{ ...file, port, protocol, version, type, resource, name, project, local }];
    } catch {
      // A branch that somebody has damaged is reviewed before it is merged. What cannot be read claims nothing.
      return [];
    }
  };
  return new Map([...files].map(([tip, its]) => [tip, its.flatMap(decoded)]));
}

async function filesAddedByWalk(
  repository: Repository,
  objects: Objects,
  head: string,
  tips: string[],
): Promise<Map<string, { path: string; oid: string }[]>> {
  const mine = await eventsOf(repository, objects, head);
  const found = new Map<string, { path: string; oid: string }[]>();
  for (const tip of tips) {
    const theirs = await eventsOf(repository, objects, tip);
    const differences = await treeDifference(objects, mine, theirs);
    found.set(
      tip,
      differences.flatMap(({ path, after }) => (after === undefined ? [] : { path, oid: after })),
    );
  }
  return found;
}

/** The tree of events of a commit. */
async function eventsOf(
  { prefix }: Repository,
  objects: Objects,
  commit: string,
): Promise<string | undefined> {
  return objects.treeAt((await objects.readCommit(commit)).tree, `${prefix}${EVENTS}`);
}

/**
 * The newest event of each stream that is granted here and not released. What only describes or renews what `head` has granted, or has
 * released since, claims nothing.
 */
function granted(added: Added[]): Added[] {
  const streams = new Set(
    added
      .filter(({ type }) => type === 'port.allocated' || type === 'port.registered')
      .map((it) => portKey(it)),
  );
  return newest(added).filter((it) => it.type !== 'port.released' && streams.has(portKey(it)));
}

/** The newest event of each stream. */
function newest(added: Added[]): Added[] {
  const last = new Map<PortKey, Added>();
  for (const event of added)
    if ((last.get(portKey(event))?.version ?? 0) < event.version) last.set(portKey(event), event);
  return [...last.values()];
}
