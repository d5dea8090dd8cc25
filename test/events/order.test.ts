import fc from 'fast-check';
import { monotonicFactory, ulid } from 'ulid';
import { describe, expect, test } from 'vitest';
import { type Place, sortEvents } from '../../events/order.js';
import { type PortKey, portKey } from '../../events/port.js';
import { eventIds, idAfter } from '../../src/log/append/event-ids.js';
import { type StreamEnd, stamp } from '../../src/log/append/stamp.js';
import { ADA, allocated, NOON } from '../support/given.js';

/**
 * Commands one after the other, of one or two streams each, by a clock that stands still, jumps or goes back; each by a process of its own,
 * whose ids are random within a millisecond.
 */
const commands = fc.array(
  fc.record({
    streams: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 2 }),
    tick: fc.constantFrom(0, 0, 0, 1, 60_000, -30_000),
  }),
  { maxLength: 30 },
);

function histories(all: { streams: number[]; tick: number }[]): (Place & { command: number })[] {
  let clock = NOON;
  const ends = new Map<number, { version: number; time: number }>();
  return all.flatMap(({ streams, tick }, command) => {
    clock += tick;
    const time = Math.max(clock, ...streams.map((it) => ends.get(it)?.time ?? 0));
    const ids = streams.map(() => ulid(time)).sort();
    return streams.map((stream, index) => {
      const version = (ends.get(stream)?.version ?? 0) + 1;
      ends.set(stream, { version, time });
      const batch = streams.length > 1 ? ids[0] : undefined;
      return { time: new Date(time).toISOString(), id: ids[index]!, batch, stream, version, command };
    });
  });
}

describe('the order of all events', () => {
  test('never contradicts time or the versions of a stream, keeps commands together, and is one whatever order they come in', () => {
    fc.assert(
      fc.property(commands, fc.infiniteStream(fc.nat()), (all, chance) => {
        const events = histories(all);
        const sorted = sortEvents([...events], (it) => it);
        expect(sorted.map(({ time }) => time)).toEqual(sorted.map(({ time }) => time).sort());
        for (const stream of new Set(events.map((it) => it.stream))) {
          const own = sorted.filter((it) => it.stream === stream);
          expect(own.map(({ version }) => version)).toEqual(own.map((_, index) => index + 1));
        }
        const runs = sorted
          .map(({ command }) => command)
          .filter((it, index, found) => it !== found[index - 1]);
        expect(new Set(runs).size).toBe(runs.length);
        const shuffled = events
          .map((it) => [chance.next().value ?? 0, it] as const)
          .sort((a, b) => a[0] - b[0]);
        expect(
          sortEvents(
            shuffled.map(([, it]) => it),
            (it) => it,
          ),
        ).toEqual(sorted);
      }),
      { numRuns: 500 },
    );
  });

  test('of forty thousand commands at one time has each stream by its versions', () => {
    const places = Array.from({ length: 40_000 }, (_, index): Place => {
      const id = String(40_000 - index).padStart(5, '0');
      return { time: '2026-11-29T12:00:00.000Z', id, stream: index >> 1, version: (index & 1) + 1 };
    });
    const sorted = sortEvents([...places], (it) => it);
    const at = new Map(sorted.map((place, index) => [place, index]));
    expect(
      places.filter((it, index) => index % 2 === 1 && at.get(it)! < at.get(places[index - 1]!)!),
    ).toEqual([]);
  });

  test('of events that wait for each other, as no vports writes them, is one all the same', () => {
    const at = { time: '2026-11-01T12:00:00.000Z' };
    const knot: Place[] = [
      { ...at, id: 'B', batch: 'B', stream: 1, version: 1 },
      { ...at, id: 'D', batch: 'B', stream: 2, version: 2 },
      { ...at, id: 'A', batch: 'A', stream: 1, version: 2 },
      { ...at, id: 'C', batch: 'A', stream: 2, version: 1 },
    ];
    expect(sortEvents([...knot], (it) => it).map(({ id }) => id)).toEqual(['A', 'C', 'B', 'D']);
    expect(sortEvents([...knot].reverse(), (it) => it).map(({ id }) => id)).toEqual(['A', 'C', 'B', 'D']);
  });
});

describe('ids', () => {
  test('of one process ascend, under a clock that stands still or goes back, whichever log they are for', () => {
    const [one, other] = [eventIds(), eventIds()];
    const times = [NOON, NOON, NOON - 60_000, NOON, NOON + 1, NOON - 1];
    const ids = times.flatMap((at) => [one(at), other(at)]);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('claim no time that has not come, once a clock that was far ahead is set right', () => {
    const next = eventIds();
    next(NOON + 86_400_000);
    expect(next(NOON).slice(0, 10)).toBe(ulid(NOON).slice(0, 10));
  });

  test('follow that of the event before, where another process has given that at the same time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), (count) => {
        const last = ulid(NOON);
        const at = new Date(NOON).toISOString();
        const events = Array.from({ length: count }, (_, it) => allocated(25_000 + it, `r${it}`));
        const ends = new Map<PortKey, StreamEnd>(events.map((it) => [portKey(it), { version: 2, last, at }]));
        const stamped = stamp(events, ends, { by: ADA, at: NOON, newId: monotonicFactory() });
        const ids = stamped.map(({ id }) => id);
        expect(ids.every((id) => id > last && id.startsWith(last.slice(0, 10)))).toBe(true);
        expect(ids).toEqual([...new Set(ids)].sort());
        expect(stamped.every(({ batch }) => batch === (count > 1 ? ids[0] : undefined))).toBe(true);
      }),
    );
    expect(idAfter(`01ARZ3NDEK${'0'.repeat(15)}Z`)).toBe(`01ARZ3NDEK${'0'.repeat(14)}10`);
  });
});
