import type { NewEvent, PortEvent } from '../../../events/event.js';
import { endOf } from '../../../events/lease.js';
import { labelOf } from '../../../events/names.js';
import { comparePorts, formatPort, type PortKey, portKey } from '../../../events/port.js';
import { StreamFold } from '../../../events/reducer.js';
import { BrokenStream, type Holding, heldOf } from '../../../events/stream.js';
import { VportsError, type Warning } from '../../errors.js';
import { rangeOf } from '../../policy/policy.js';
import {
  type Decision,
  defined,
  type LogName,
  type Placed,
  refuseSameVariable,
  release,
  wayTo,
} from './decision.js';
import { exceptionFor } from './register.js';
import { holdingsOf, type View } from './view.js';

export interface Undo {
  /** All events of the command to undo. */
  events: PortEvent[];
  log: LogName;
  streams: ReadonlyMap<PortKey, PortEvent[]>;
  reason?: string | undefined;
}

/** The state of a port before and after the command. */
interface Turn {
  was: { holding: Holding; grant: PortEvent } | null;
  is: Holding | null;
}

/**
 * The events that bring back what was before a command: new events, as nothing is ever taken out.
 * Throws CONFLICT where a later event depends on it, where somebody else has the name by now, and for what no event can say.
 */
export function undo(view: View, { events, log, streams, reason }: Undo): Decision<NewEvent[]> {
  const gone = new Set(events.map(({ id }) => id));
  const turns = [...new Map(events.map((event) => [portKey(event), event])).values()]
    .sort(comparePorts)
    .map((event) => turnOf(streams.get(portKey(event))!, gone));
  const why = reason ?? `undo of ${events[0]!.id}`;
  const returning = new Map(
    turns.flatMap(({ was, is }) => (was && !sameHolder(was.holding, is) ? [[nameOf(was.holding), was]] : [])),
  );
  const placed: Placed[] = [];
  const add = (event: NewEvent) => placed.push({ log, event });
  // Releases first, so that a name never holds two ports.
  for (const { was, is } of turns) {
    if (!is || sameHolder(is, was?.holding)) continue;
    const back = returning.get(nameOf(is))?.holding;
    placed.push({ ...release(is, { reason: why, ...(back && { to: back.port }) }), log });
  }
  for (const { was, is } of turns) {
    if (!was) continue;
    if (sameHolder(was.holding, is)) for (const event of describedAnew(was.holding, is!, why)) add(event);
    else add(grantedAnew(view, was, turns, why));
  }
  return { events: placed, warnings: inUse(view, placed), answer: placed.map(({ event }) => event) };
}

/** A restored port may be in use by now. */
function inUse(view: View, placed: Placed[]): Warning[] {
  return placed
    .filter(({ event }) => event.type !== 'port.released' && view.busy.has(portKey(event)))
    .map(({ event }) => ({
      code: 'PORT_IN_USE',
      message: `a process on this machine uses ${formatPort(event)}`,
      hint: `see \`vports who ${formatPort(event)}\``,
    }));
}

/** Later events that were undone themselves do not block. */
function turnOf(stream: PortEvent[], gone: ReadonlySet<string>): Turn {
  const first = stream.findIndex(({ id }) => gone.has(id));
  const end = stream.findLastIndex(({ id }) => gone.has(id)) + 1;
  const is = foldOf(stream);
  const later = stream.slice(first).find(({ id }) => !gone.has(id));
  if (later && JSON.stringify(foldOf(stream.slice(0, end))) !== JSON.stringify(is)) {
    throw new VportsError(
      'CONFLICT',
      `${formatPort(later)} has changed since: ${later.type.slice(5)} by ${later.by.name} on ${later.at.slice(0, 10)}`,
      {
        hint: `undo that first: \`vports undo ${later.id}\``,
        details: { event: later.id, port: later.port, protocol: later.protocol },
      },
    );
  }
  const before = foldOf(stream.slice(0, first));
  const grant = stream.find(({ id }) => id === before?.event);
  return { was: before && grant ? { holding: before, grant } : null, is };
}

/** Throws STREAM_DAMAGED if an event cannot be applied, because its effect is then unknown. */
function foldOf(events: PortEvent[]): Holding | null {
  if (!events[0]) return null;
  const fold = new StreamFold(events[0]);
  try {
    for (const event of events) fold.add(event);
  } catch (error) {
    if (!(error instanceof BrokenStream)) throw error;
    const port = formatPort(events[0]);
    throw new VportsError('STREAM_DAMAGED', `the history of ${port} is damaged: ${error.message}`, {
      hint: `\`vports who ${port}\` shows the holder; releasing the port repairs it`,
      details: { port: events[0].port, protocol: events[0].protocol },
    });
  }
  return fold.stream.holding;
}

function sameHolder(one: Holding | undefined, other: Holding | null | undefined): boolean {
  return one !== undefined && other != null && one.event === other.event;
}

function nameOf({ resource, name }: Holding): string {
  return `${resource} ${name}`;
}

function grantedAnew(
  view: View,
  { holding, grant }: NonNullable<Turn['was']>,
  turns: Turn[],
  why: string,
): NewEvent {
  const { protocol, port, resource, name, owner, reason = why, lease } = holding;
  const given = turns.find(({ is }) => is && nameOf(is) === nameOf(holding))?.is;
  const other = holdingsOf(view, resource).find(
    (it) => it.name === name && !(given && portKey(it) === portKey(given)),
  );
  if (other) {
    throw new VportsError('CONFLICT', `${labelOf({ resource, name })} now has ${formatPort(other)}`, {
      hint: wayTo(view, { resource, name }, other, { port, protocol }),
      details: { resource, name, port: other.port },
    });
  }
  refuseSameVariable(view, resource, name);
  if (lease && endOf(lease) < view.now) {
    throw new VportsError(
      'CONFLICT',
      `the lease of ${labelOf({ resource, name })} expired on ${lease.expires}`,
      {
        hint: `get a new one: \`vports allocate ${resource} --ttl 2h\``,
        details: { resource, name },
      },
    );
  }
  const range = rangeOf(view.policy, port)?.id;
  const exception = exceptionFor(view, port);
  const { project, local } = holding;
  const facts = { ...heldOf(holding), ...defined({ project, local, range, owner, reason, exception }) };
  // Moving back is a single move.
  if (grant.type === 'port.registered' && !given) return { type: 'port.registered', ...facts };
  return { type: 'port.allocated', ...facts, ...defined({ lease, from: given?.port }) };
}

/** Restores owner, reason and lease. No event can remove an owner. */
function describedAnew(was: Holding, is: Holding, why: string): NewEvent[] {
  const { port, resource, name } = was;
  const about = heldOf(was);
  const lost = (['owner', 'reason'] as const).find((key) => was[key] === undefined && is[key] !== undefined);
  if (lost) {
    throw new VportsError(
      'CONFLICT',
      `${formatPort(was)} had no ${lost} before, and no event can remove one`,
      {
        hint: `set another one: \`vports describe ${resource} --${lost} TEXT\``,
        details: { resource, name, port },
      },
    );
  }
  const owner = was.owner === is.owner ? undefined : was.owner;
  const reason = was.reason === is.reason ? undefined : was.reason;
  const described = owner !== undefined || reason !== undefined;
  const renewed = was.lease && was.lease.expires !== is.lease?.expires;
  return [
    ...(described ? [{ type: 'port.described' as const, ...about, ...defined({ owner, reason }) }] : []),
    ...(renewed ? [{ type: 'port.renewed' as const, ...about, reason: why, lease: was.lease! }] : []),
  ];
}
