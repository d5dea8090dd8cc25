import { decodeEvent } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import { EVENTS } from '../../../events/event-path.js';
import { type PortKey, portKey } from '../../../events/port.js';
import { attempt } from '../../attempt.js';
import type { OpenClaim } from '../event-log.js';
import type { Cache } from '../fold/cache.js';
import type { Objects } from '../git/objects.js';
import { filesAdded } from '../git/program/files-added.js';
import { branchName } from '../git/ref-name.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { treeDifference } from '../git/tree-difference.js';
import { QUEUE } from './branch-heads.js';

type Added = Pick<PortEvent, 'port' | 'protocol' | 'version' | 'type' | 'resource' | 'name'> & {
  project?: string | undefined;
  local?: string | undefined;
  path: string;
  oid: string;
};

/** Events of branch tips compared with one tree of events. A tip never changes. */
interface Known {
  events: string | undefined;
  tips: Record<string, Added[]>;
}

/** `ref` is that of the asking log: heads of different logs are unrelated. */
interface Place {
  repository: Repository;
  objects: Objects;
  cache: Cache;
  ref: string;
}

/** Fewer new tips do not start git, and fewer new events do not rewrite the cache. */
const FEW = 16;

/**
 * Ports with events on other branches that `head` lacks: claimed there, and not to be granted here. `heads` are the branches. On the
 * branch `shared` any event counts, also a release, as the next event of the stream would be the same file.
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

/** The events of each tip that `head` lacks: carries over results for an earlier head, and reads only new tips. */
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

/** Undefined if the new head lost or changed events: then all tips are read again. */
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
    // Unreadable events claim nothing: a damaged branch is reviewed before it is merged.
    const event = attempt(() => decodeEvent(texts.get(file.oid) ?? ''));
    if (!event) return [];
    const { port, protocol, version, type, resource, name } = event;
    const { project, local } = event as { project?: string; local?: string };
    return [{ ...file, port, protocol, version, type, resource, name, project, local }];
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

async function eventsOf(
  { prefix }: Repository,
  objects: Objects,
  commit: string,
): Promise<string | undefined> {
  return objects.treeAt((await objects.readCommit(commit)).tree, `${prefix}${EVENTS}`);
}

/**
 * The newest event of each stream that is granted on the branch and not released. Events that only describe or renew a grant of `head` claim nothing.
 */
function granted(added: Added[]): Added[] {
  const streams = new Set(
    added
      .filter(({ type }) => type === 'port.allocated' || type === 'port.registered')
      .map((it) => portKey(it)),
  );
  return newest(added).filter((it) => it.type !== 'port.released' && streams.has(portKey(it)));
}

function newest(added: Added[]): Added[] {
  const last = new Map<PortKey, Added>();
  for (const event of added)
    if ((last.get(portKey(event))?.version ?? 0) < event.version) last.set(portKey(event), event);
  return [...last.values()];
}
