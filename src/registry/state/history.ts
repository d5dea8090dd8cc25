import type { PortEvent } from '../../../events/event.js';
import { inTimeOrder } from '../../../events/order.js';
import { type PortKey, type PortRef, portKey } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { allDone } from '../../all-done.js';
import { type EventLog, type LocatedEvent, located, type Origin } from '../../log/event-log.js';
import type { Verdict } from '../../log/verdict.js';
import type { LogName } from '../decide/decision.js';
import type { Logs } from './logs.js';
import { type Moment, momentOf } from './moment.js';

/** An event with its log, commit and merge commit. */
export type EventWithOrigin = LocatedEvent & {
  log: LogName;
  commit: string | null;
  merge: string | null;
  /** Of a signed event, if requested. */
  signature?: Verdict;
};

export interface HistoryScope {
  refs?: PortRef[] | undefined;
  at?: string | undefined;
}

/** Newest first, from both logs; for a revision only from the registry. Throws BAD_REVISION, BAD_TIME. */
export async function* historyOf(
  logs: Logs,
  { refs, at }: HistoryScope,
  now: number,
): AsyncGenerator<EventWithOrigin> {
  const moment = at === undefined ? undefined : momentOf(at, now);
  const ofRevision = moment !== undefined && 'revision' in moment;
  const names: LogName[] = logs.embedded || ofRevision ? ['registry'] : ['registry', 'host'];
  const sources = await allDone(
    names.map(async (name) => {
      const log = await logs.named(name);
      const events = refs || ofRevision ? listed(log, name, refs, moment) : followed(log, name);
      return name === 'host' ? ofLeases(log, events) : events;
    }),
  );
  for await (const event of newestOf(sources))
    if (moment === undefined || ofRevision || Date.parse(event.at) <= moment.time) yield event;
}

export async function originsOfGrants(logs: Logs, holdings: Holding[]): Promise<Map<string, Origin>> {
  const found = new Map<string, Origin>();
  for (const name of logs.embedded ? (['registry'] as const) : (['registry', 'host'] as const)) {
    const grants = holdings
      .filter((it) => logs.embedded || (it.lease ? 'host' : 'registry') === name)
      .map(({ port, protocol, event: id }) => ({ port, protocol, id }));
    if (grants.length === 0) continue;
    for (const [id, origin] of await (await logs.named(name)).reader.originsOf(grants)) found.set(id, origin);
  }
  return found;
}

async function* followed(log: EventLog, name: LogName): AsyncGenerator<EventWithOrigin> {
  for await (const { event, origin } of (await log.reader.history()).newestFirst())
    yield withOrigin(event, origin, name);
}

async function* listed(
  log: EventLog,
  name: LogName,
  refs: PortRef[] | undefined,
  moment: Moment | undefined,
): AsyncGenerator<EventWithOrigin> {
  const revision = moment !== undefined && 'revision' in moment ? moment.revision : undefined;
  const events = await log.reader.events(refs, revision);
  const origins = await log.reader.originsOf(events, revision);
  for (const { path: _, ...event } of inTimeOrder(events).reverse())
    yield withOrigin(event as PortEvent, origins.get(event.id), name);
}

/** Only leases of the host log: its claims do not count in another registry. */
async function* ofLeases(
  log: EventLog,
  events: AsyncGenerator<EventWithOrigin>,
): AsyncGenerator<EventWithOrigin> {
  const known = new Map<PortKey, Set<string>>();
  for await (const event of events) {
    const ids = known.get(portKey(event)) ?? leasesIn(await log.reader.events([event]));
    known.set(portKey(event), ids);
    if (ids.has(event.id)) yield event;
  }
}

function leasesIn(events: PortEvent[]): Set<string> {
  const ids = new Set<string>();
  let isLease = false;
  for (const event of [...events].sort((a, b) => a.version - b.version)) {
    if (event.type === 'port.allocated' || event.type === 'port.registered')
      isLease = 'lease' in event && event.lease !== undefined;
    if (isLease || event.type === 'port.renewed') ids.add(event.id);
  }
  return ids;
}

function withOrigin(event: PortEvent, origin: Origin | undefined, log: LogName): EventWithOrigin {
  return { ...located(event), log, commit: origin?.commit ?? null, merge: origin?.via ?? null };
}

async function* newestOf(sources: AsyncGenerator<EventWithOrigin>[]): AsyncGenerator<EventWithOrigin> {
  const heads = await allDone(sources.map((source) => source.next()));
  for (;;) {
    const left = heads.flatMap(({ done, value }, index) => (done ? [] : [{ event: value, index }]));
    const [first, ...others] = left;
    if (!first) return;
    const newest = others.reduce((a, b) => (isNewer(b.event, a.event) ? b : a), first);
    yield newest.event;
    heads[newest.index] = await sources[newest.index]!.next();
  }
}

function isNewer(a: PortEvent, b: PortEvent): boolean {
  return a.at === b.at ? a.id > b.id : a.at > b.at;
}
