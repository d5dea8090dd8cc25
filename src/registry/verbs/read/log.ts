import type { PortRef } from '../../../../events/port.js';
import { badUsage } from '../../../errors.js';
import { meansPort, requirePort, requireResource } from '../../input.js';
import { type HistoryFilter, matcherOf } from '../../query/queries.js';
import { type EventWithOrigin, historyOf } from '../../state/history.js';
import type { Logs } from '../../state/logs.js';
import { requireMoment } from '../../state/moment.js';
import { withSignatures } from '../../state/signatures.js';
import { type At, nameOnRecord, viewOf } from '../../state/views.js';

/** In a stream whose clock went backwards, an event may be up to a day out of order. Milliseconds. */
const DAY = 86_400_000;

export interface LogOptions extends Omit<HistoryFilter, 'since' | 'until' | 'resource'>, At {
  about?: string | undefined;
  ports?: PortRef[] | undefined;
  since?: string | undefined;
  until?: string | undefined;
  limit?: number | undefined;
  before?: string | undefined;
}

export async function log(logs: Logs, filter: LogOptions): Promise<EventWithOrigin[]> {
  const { about, at, limit = Number.POSITIVE_INFINITY, before } = filter;
  const now = Date.now();
  const isPort = about !== undefined && meansPort(about);
  const refs = filter.ports ?? (isPort ? [requirePort(about)] : undefined);
  const named = about !== undefined && !isPort ? requireResource(about) : undefined;
  const resource = named === undefined ? undefined : nameOnRecord(logs, await viewOf(logs), named);
  const since = filter.since === undefined ? undefined : requireMoment(filter.since, now);
  const until = filter.until === undefined ? undefined : requireMoment(filter.until, now);
  // The state is only needed for a range; folding it is slow.
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
  throw badUsage(
    `no event ${JSON.stringify(before!.slice(0, 80))} among these`,
    'pass the id of the last event of the previous page',
    { details: { before } },
  );
}
