import { monotonicFactory } from 'ulid';
import type { NewEvent, PortEvent } from '../../events/event.js';
import { Holdings } from '../../events/holdings.js';
import { type PortKey, portKey } from '../../events/port.js';
import { emptyStream, evolve } from '../../events/reducer.js';
import type { Stream } from '../../events/stream.js';
import { VportsError } from '../../src/errors.js';
import { stamp } from '../../src/log/append/stamp.js';
import { defaultPolicySource } from '../../src/policy/default-policy.js';
import type { Policy } from '../../src/policy/policy.js';
import { parsePolicy } from '../../src/policy/policy-file.js';
import type { Decision, Placed } from '../../src/registry/decide/decision.js';
import type { View } from '../../src/registry/decide/view.js';

export const ADA = { name: 'Ada Lovelace', email: 'ada@example.com', host: 'engine' };
/** Ascending, as those of one process are. */
const newId = monotonicFactory();

export const NOON = Date.parse('2026-11-01T12:00:00.000Z');

/** Given these events, stamped as a log would. */
export function history(events: NewEvent[], at = NOON): PortEvent[] {
  const told: PortEvent[] = [];
  const ends = new Map<PortKey, Stream>();
  for (const event of events) {
    const key = portKey(event);
    const stream = ends.get(key) ?? emptyStream(event);
    const [stamped] = stamp([event], new Map([[key, stream]]), { by: ADA, at, newId });
    told.push(stamped!);
    ends.set(key, evolve(stream, stamped!));
  }
  return told;
}

function holdingsAfter(events: NewEvent[], at = NOON): Holdings {
  const streams = new Map<PortKey, Stream>();
  for (const event of history(events, at)) {
    streams.set(portKey(event), evolve(streams.get(portKey(event)) ?? emptyStream(event), event));
  }
  return new Holdings([...streams.values()].flatMap(({ holding }) => holding ?? []));
}

export interface Given {
  registry?: NewEvent[];
  host?: NewEvent[];
  busy?: PortKey[];
  damaged?: PortKey[];
  policy?: Policy;
  now?: number;
}

/** `given(events).when(decide).then(events)`, as a decider's spec reads. */
export function given({ registry = [], host, busy = [], damaged = [], policy, now = NOON }: Given = {}) {
  const shared = holdingsAfter(registry);
  const view: View = {
    policy: policy ?? parsePolicy(defaultPolicySource()),
    registry: shared,
    host: host ? holdingsAfter(host) : holdingsAfter([]),
    damaged: new Map(damaged.map((key) => [key, { message: 'a gap', holders: [] }])),
    busy: new Set(busy),
    now,
  };
  return {
    view,
    when: <Answer>(decide: (view: View) => Decision<Answer>) => ({
      decision: () => decide(view),
      events: (): NewEvent[] => decide(view).events.map(({ event }) => event),
      placed: (): Placed[] => decide(view).events,
      answer: (): Answer => decide(view).answer,
      warnings: () => decide(view).warnings.map(({ code }) => code),
      refusal: (): VportsError => {
        try {
          decide(view);
        } catch (error) {
          if (error instanceof VportsError) return error;
          throw error;
        }
        throw new Error('nothing was refused');
      },
    }),
  };
}

export function allocated(
  port: number,
  resource: string,
  more: Partial<Extract<NewEvent, { type: 'port.allocated' }>> = {},
): NewEvent {
  return { type: 'port.allocated', protocol: 'tcp', port, resource, name: 'main', ...more };
}

export function leased(port: number, resource: string, expires: number, more: object = {}): NewEvent {
  return allocated(port, resource, {
    range: 'dynamic',
    lease: { expires: new Date(expires).toISOString() },
    ...more,
  });
}
