import type { PortEvent } from '../../events/event.js';
import { comparePorts, type PortRef, portKey } from '../../events/port.js';
import type { Holding } from '../../events/stream.js';
import { type Policy, within } from '../policy/policy.js';

type ChangeKind = 'allocated' | 'registered' | 'released' | 'moved' | 'described' | 'renewed';

/** What became of one port between two states. What does not apply is null. */
export interface Change extends PortRef {
  kind: ChangeKind;
  resource: string;
  name: string;
  /** The other port of a move: where it was. */
  from: number | null;
  range: string | null;
  owner: string | null;
  by: string | null;
  reason: string | null;
  /** Of what is released or moved: since when it was held. */
  since: string | null;
}

/** How full a range that changes was, and gets. */
export interface RangeChange {
  id: string;
  size: number;
  before: number;
  after: number;
}

/** What changed between two states, by port; `events` are those that brought it, by id. */
export function changesBetween(
  before: Holding[],
  after: Holding[],
  events: ReadonlyMap<string, PortEvent>,
): Change[] {
  const [then, now] = [before, after].map((all) => new Map(all.map((it) => [portKey(it), it])));
  const granted = new Map([...events.values()].map((event) => [event.id, event]));
  const last = new Map<string, PortEvent>();
  for (const event of events.values()) {
    const key = portKey(event);
    if ((last.get(key)?.version ?? 0) < event.version) last.set(key, event);
  }
  const found: Change[] = [];
  for (const key of new Set([...then!.keys(), ...now!.keys()])) {
    const [was, is] = [then!.get(key), now!.get(key)];
    const event = last.get(key);
    if (was && was.event !== is?.event && !movedAway(event)) found.push(released(was, event));
    if (!is) continue;
    const grant = granted.get(is.event);
    if (was?.event !== is.event) found.push(taken(is, grant, before));
    else if (was.owner !== is.owner || was.reason !== is.reason) found.push(told('described', is, event));
    else if (was.lease?.expires !== is.lease?.expires) found.push(told('renewed', is, event));
  }
  return found.sort(comparePorts);
}

export function rangeChanges(
  policy: Policy,
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
      return { id: range.id, size: range.to - range.from + 1, before: held(before), after: held(after) };
    });
}

function movedAway(event: PortEvent | undefined): boolean {
  return event?.type === 'port.released' && event.to !== undefined;
}

function taken(is: Holding, grant: PortEvent | undefined, before: Holding[]): Change {
  const from = grant && 'from' in grant && grant.from !== undefined ? grant.from : null;
  const left = before.find((it) => it.port === from && it.resource === is.resource && it.name === is.name);
  const kind = from !== null ? 'moved' : grant?.type === 'port.registered' ? 'registered' : 'allocated';
  return { ...told(kind, is, grant), from, since: left?.since ?? null };
}

function released(was: Holding, event: PortEvent | undefined): Change {
  const by = event?.by.name ?? null;
  return { ...told('released', was, undefined), by, reason: event?.reason ?? null, since: was.since };
}

function told(
  kind: ChangeKind,
  { port, protocol, resource, name, range, owner, reason }: Holding,
  event: PortEvent | undefined,
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
    by: event?.by.name ?? null,
    reason: reason ?? null,
    since: null,
  };
}
