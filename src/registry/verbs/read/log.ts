import type { PortRef } from '../../../../events/port.js';
import { VportsError } from '../../../errors.js';
import { meansPort, requirePort, requireResource } from '../../input.js';
import { type HistoryFilter, matcherOf } from '../../query/queries.js';
import { type EventWithOrigin, historyOf } from '../../state/history.js';
import type { Logs } from '../../state/logs.js';
import { requireMoment } from '../../state/moment.js';
import { withSignatures } from '../../state/signatures.js';
import { type At, nameOnRecord, viewOf } from '../../state/views.js';

/** Within a stream whose clock went backwards an event may stand up to a day from its own time, in milliseconds. */
const DAY = 86_400_000;

/** Times are as typed. */
export interface LogOptions extends Omit<HistoryFilter, 'since' | 'until' | 'resource'>, At {
  /** A port or a resource. */
  about?: string | undefined;
  ports?: PortRef[] | undefined;
  since?: string | undefined;
  until?: string | undefined;
  limit?: number | undefined;
  /** The id of an event: those that come after it in this order. */
  before?: string | undefined;
}

/** Events, the newest first. */
export async function log(logs: Logs, filter: LogOptions): Promise<EventWithOrigin[]> {
  const { about, at, limit = Number.POSITIVE_INFINITY, before } = filter;
  const now = Date.now();
  const isPort = about !== undefined && meansPort(about);
  const refs = filter.ports ?? (isPort ? [requirePort(about)] : undefined);
  const named = about !== undefined && !isPort ? requireResource(about) : undefined;
  const resource = named === undefined ? undefined : nameOnRecord(logs, await viewOf(logs), named);
  const since = filter.since === undefined ? undefined : requireMoment(filter.since, now);
  const until = filter.until === undefined ? undefined : requireMoment(filter.until, now);
  // Who asks for no range asks for no state: the whole log would be folded for nothing.
  const policy = filter.range === undefined ? undefined : (await viewOf(logs)).policy;
  const matches = matcherOf(policy, { ...filter, resource, since, until });
  const found: EventWithOrigin[] = [];
  let reached = before === undefined;
  for await (const event of historyOf(logs, { refs, at }, now)) {
    if (found.length >= limit || (since !== undefined && Date.parse(event.at) < since - DAY)) break;
    if (reached && matches(event)) found.push(event);
    reached ||= event.id === before;
  }
  if (reached) return withSignatures(logs, found);
  throw new VportsError('BAD_USAGE', `no event ${JSON.stringify(before!.slice(0, 80))} among these`, {
    hint: 'pass the id of the last event of the previous page',
    details: { before },
  });
}
