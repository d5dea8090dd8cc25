import type { PortEvent } from '../../events/event.js';
import { namesAmong } from '../../events/people.js';
import { comparePorts, type PortRef, portKey } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import type { Verdict } from '../log/verdict.js';
import { type Bounds, type Policy, within } from '../policy/policy.js';
import { stripOf } from './strip.js';

type ChangeKind = 'allocated' | 'registered' | 'released' | 'moved' | 'described' | 'renewed';

/** A difference between two states of a port. Fields that do not apply are null. */
export interface Change extends PortRef {
  kind: ChangeKind;
  resource: string;
  name: string;
  from: number | null;
  range: string | null;
  owner: string | null;
  by: string | null;
  reason: string | null;
  /** Start of a holding that was released or moved. */
  since: string | null;
  /** Of the event that made it; absent for what is not signed. */
  signature?: Verdict;
}

type Said = Pick<Change, 'by' | 'signature'>;

/** How many ports of a changed range were and are held. */
export interface RangeChange extends Bounds {
  id: string;
  size: number;
  before: number;
  after: number;
  strip: string;
  owner?: string | undefined;
}

/**
 * The differences between two states, by port. A name that had one port and now has another was moved, whatever happened in between; a port that was
 * released and granted again is both. `events` are the events of these ports: their authors, reasons and signatures (`verdicts`, by id of the event) are
 * reported.
 */
export function changesBetween(
  before: Holding[],
  after: Holding[],
  events: ReadonlyMap<string, PortEvent>,
  verdicts: ReadonlyMap<string, Verdict> = new Map(),
): Change[] {
  const [then, now] = [before, after].map((all) => new Map(all.map((it) => [portKey(it), it])));
  const all = [...events.values()].sort((a, b) => a.version - b.version);
  const granted = new Map(all.map((event) => [event.id, event]));
  const nameAmong = namesAmong([...before, ...after, ...all].map((it) => it.by));
  const by = (event: PortEvent | undefined): Said => {
    const signature = event && verdicts.get(event.id);
    return { by: event ? nameAmong(event.by) : null, ...(signature && { signature }) };
  };
  const left = before.filter((it) => !isSameGrant(now!.get(portKey(it)), it));
  const found: Change[] = [];
  /** The holding that a grant moved away from, each only once, as a name may have two. A port granted again was not moved. */
  const takeOrigin = (is: Holding, grant: PortEvent | undefined) => {
    const own = left.filter((it) => nameOf(it) === nameOf(is));
    const origin = grant && 'from' in grant ? grant.from : undefined;
    const same = own.find(({ port }) => port === is.port);
    const was = own.find(({ port }) => port === origin) ?? same ?? own[0];
    if (!was || (was === same && origin === undefined)) return undefined;
    left.splice(left.indexOf(was), 1);
    return was;
  };
  for (const is of after) {
    const was = then!.get(portKey(is));
    const last = all.findLast((event) => portKey(event) === portKey(is));
    if (was && isSameGrant(was, is)) {
      if (was.owner !== is.owner || was.reason !== is.reason) found.push(changeOf('described', is, by(last)));
      else if (JSON.stringify(was.lease) !== JSON.stringify(is.lease))
        found.push(changeOf('renewed', is, by(last)));
      continue;
    }
    const grant = granted.get(is.event);
    const from = takeOrigin(is, grant);
    if (from && from.port === is.port) {
      // It moved away and came back: only owner and reason may differ.
      if (from.owner !== is.owner || from.reason !== is.reason)
        found.push(changeOf('described', is, by(grant)));
    } else if (from) {
      found.push({ ...changeOf('moved', is, by(grant)), from: from.port, since: from.since });
    } else {
      found.push(changeOf(grant?.type === 'port.registered' ? 'registered' : 'allocated', is, by(grant)));
    }
  }
  for (const was of left) found.push(released(was, endOf(was, all), by));
  return found.sort(comparePorts);
}

/** Compares the name too: an edited file keeps its id. */
function isSameGrant(one: Holding | undefined, other: Holding): boolean {
  return one?.event === other.event && nameOf(one) === nameOf(other);
}

/** A claim and a lease of one name are distinct. */
function nameOf({ resource, name, protocol, lease }: Holding): string {
  return `${resource} ${name} ${protocol} ${lease ? 'lease' : 'claim'}`;
}

/** The first release of that port by that name after its grant. */
function endOf(was: Holding, events: PortEvent[]): PortEvent | undefined {
  return events.find(
    (it) =>
      it.type === 'port.released' &&
      portKey(it) === portKey(was) &&
      it.resource === was.resource &&
      it.name === was.name &&
      it.id > was.event,
  );
}

/** The owner is the one by the policy `old`, where that has one: the branch cannot choose who is asked. */
export function rangeChanges(
  { policy, old }: { policy: Policy; old: Policy | undefined },
  before: Holding[],
  after: Holding[],
  changes: Change[],
): RangeChange[] {
  return policy.ranges
    .filter((range) =>
      changes.some(({ port, from }) => within(range, port) || (from !== null && within(range, from))),
    )
    .map((range) => {
      const held = (all: Holding[]) =>
        new Set(all.filter(({ port }) => within(range, port)).map(({ port }) => port)).size;
      const { id, from, to } = range;
      const strip = stripOf(range, before, after, changes);
      const change = { id, size: to - from + 1, before: held(before), after: held(after), from, to, strip };
      const owner = old?.ranges.find((it) => it.id === id)?.owner ?? range.owner;
      return owner === undefined ? change : { ...change, owner };
    });
}

function released(
  was: Holding,
  event: PortEvent | undefined,
  by: (event: PortEvent | undefined) => Said,
): Change {
  return { ...changeOf('released', was, by(event)), reason: event?.reason ?? null, since: was.since };
}

function changeOf(
  kind: ChangeKind,
  { port, protocol, resource, name, range, owner, reason }: Holding,
  said: Said,
): Change {
  return {
    kind,
    port,
    protocol,
    resource,
    name,
    from: null,
    range: range ?? null,
    owner: owner ?? null,
    reason: reason ?? null,
    since: null,
    ...said,
  };
}
