import { formatPort, portKey } from '../../../../events/port.js';
import type { Holding } from '../../../../events/stream.js';
import { type Broken, Replay, type Step } from '../../../review/replay.js';
import { allHeld } from '../../decide/view.js';
import { type ListedPort, listed } from '../../query/queries.js';
import { type EventWithOrigin, historyOf } from '../../state/history.js';
import type { Logs } from '../../state/logs.js';
import { viewOf } from '../../state/views.js';

export interface Replayed {
  steps: Step<EventWithOrigin>[];
  ports: ListedPort[];
  /** The first event that broke a rule, an unreadable stream, or a difference from the cached state. */
  broken: Broken | null;
}

/** Folds both logs from the start and compares the result with the cached state. */
export async function replayed(logs: Logs, until: string | undefined): Promise<Replayed> {
  const now = Date.now();
  const view = await viewOf(logs, { at: until }, now);
  const replays = { registry: new Replay<EventWithOrigin>(), host: new Replay<EventWithOrigin>() };
  const events: EventWithOrigin[] = [];
  for await (const event of historyOf(logs, { at: until }, now)) events.push(event);
  const steps = events.reverse().map((event) => replays[event.log].add(event));
  const held = [...replays.registry.holdings, ...replays.host.holdings];
  return {
    steps,
    ports: held.sort((a, b) => a.port - b.port).map((it) => listed(view, it)),
    broken:
      unreadable([...view.damaged]) ??
      replays.registry.broken ??
      replays.host.broken ??
      otherwise(held, allHeld(view)) ??
      null,
  };
}

function unreadable(damaged: [string, { message: string }][]): Broken | undefined {
  const [first] = damaged;
  return first && { event: first[0], code: 'STREAM_DAMAGED', message: first[1].message };
}

/** A difference from the cached state would be a bug. */
function otherwise(folded: Holding[], kept: Holding[]): Broken | undefined {
  const known = new Map(kept.map((it) => [portKey(it), it]));
  const other = folded.find((it) => known.get(portKey(it))?.event !== it.event);
  const missing =
    folded.length === kept.length
      ? other
      : (other ?? kept.find((it) => !folded.some((own) => portKey(own) === portKey(it))));
  if (!missing) return undefined;
  return {
    event: missing.event,
    code: 'INTERNAL',
    message: `the cached state of ${formatPort(missing)} differs from its events`,
  };
}
