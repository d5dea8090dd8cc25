import type { PortEvent } from '../../events/event.js';
import { Holdings } from '../../events/holdings.js';
import { type PortKey, type PortRef, portKey } from '../../events/port.js';
import type { EventLog } from '../log/event-log.js';
import type { Logs } from './logs.js';
import { parseMoment } from './moment.js';
import type { View } from './view.js';

/**
 * The registry as it was: by revision the tree of that commit (what had been merged), by time each stream's events up
 * to then (what had been claimed). The host log has no commits anybody could name, so a revision leaves it out.
 * Throws BAD_REVISION.
 */
export async function stateAsOf(logs: Logs, at: string, now: number): Promise<View> {
  const registry = await logs.registry();
  const time = parseMoment(at, now);
  const common = { busy: new Set<PortKey>(), now: time ?? now };
  if (time === undefined) {
    const { policy, holdings, damaged } = await registry.stateAt(at);
    return {
      ...common,
      policy,
      registry: holdings,
      host: logs.embedded ? holdings : new Holdings(),
      damaged,
    };
  }
  const { policy, damaged } = await registry.state();
  const then = await heldAt(registry, time);
  return {
    ...common,
    policy,
    damaged,
    registry: then,
    host: logs.embedded ? then : await heldAt(await logs.host(), time),
  };
}

async function heldAt(log: EventLog, time: number): Promise<Holdings> {
  const { foldStream } = await import('../../events/reducer.js');
  const streams = new Map<PortKey, { ref: PortRef; events: PortEvent[] }>();
  const { damaged } = await log.state();
  for (const { path: _, ...event } of await log.events()) {
    if (damaged.has(portKey(event))) continue;
    const stream = streams.get(portKey(event)) ?? { ref: event, events: [] };
    stream.events.push(event as PortEvent);
    streams.set(portKey(event), stream);
  }
  const held = [...streams.values()].flatMap(({ ref, events }) => {
    const ordered = events.sort((a, b) => a.version - b.version);
    const late = ordered.findIndex((event) => Date.parse(event.at) > time);
    return (
      foldStream({ protocol: ref.protocol, port: ref.port }, late < 0 ? ordered : ordered.slice(0, late))
        .holding ?? []
    );
  });
  return new Holdings(held);
}
