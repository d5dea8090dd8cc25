import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf, type MappedEvent } from '../../../src/map/columns.js';
import { fullnessOf } from '../../../src/map/fullness.js';
import { MapHistory } from '../../../src/map/history.js';
import { withData } from '../../../src/map/html.js';
import { Moment } from '../../../src/map/moment.js';
import { searchFor } from '../../../src/map/search.js';
import { stripsOf } from '../../../src/map/strips.js';
import { anyEvent } from '../../support/any-event.js';

const same = (text: string) => text;
const commit = fc.option(fc.stringMatching(/^[1-9a-f][0-9a-f]{39}$/), { nil: null });
const pullRequest = fc.option(fc.stringMatching(/^[#!]\d{1,5}$/), { nil: null });
const mapped: fc.Arbitrary<MappedEvent> = fc
  .tuple(anyEvent, commit, pullRequest)
  .map(([event, commit, pullRequest]) => ({ ...event, commit, pullRequest }));

describe('columns', () => {
  test('given any events, each is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(mapped, { maxLength: 30 }), (events) => {
        const columns = JSON.parse(JSON.stringify(columnsOf(events, same)));
        const history = new MapHistory(columns);
        expect(history.length).toBe(events.length);
        for (const [index, event] of events.entries()) {
          expect(history.event(index)).toMatchObject({
            type: event.type,
            port: event.port,
            protocol: event.protocol,
            at: Date.parse(event.at),
            resource: event.resource,
            name: event.name,
            owner: ('owner' in event && event.owner) || '',
            reason: event.reason ?? '',
            commit: event.commit?.slice(0, 12) ?? '',
            pullRequest: event.pullRequest ?? '',
          });
          expect(history.event(index).by.startsWith(event.by.name)).toBe(true);
        }
      }),
    );
  });

  test('a step is a command: events of one batch that follow each other', () => {
    const [one, two, three] = [event(25000, 'a'), event(25001, 'a'), event(25002, 'b')];
    const history = new MapHistory(columnsOf([one, two, three, event(25003)], same));
    expect(history.columns.steps).toEqual([2, 1, 1]);
    expect(history.eventsOf(1).map(({ port }) => port)).toEqual([25000, 25001]);
    expect(history.eventsOf(0)).toEqual([]);
    expect([0, 1, 2, 3].map((index) => history.stepOf(index))).toEqual([1, 1, 2, 3]);
  });

  test('a time means the last step that had happened by then', () => {
    const history = new MapHistory(
      columnsOf([event(25000, undefined, 10), event(25001, undefined, 20)], same),
    );
    expect([5, 10, 15, 20, 99].map((minute) => history.stepAt(minute * 60_000))).toEqual([0, 1, 1, 2, 2]);
  });
});

test('given any events and any moves of the slider, a moment is what the events up to it say', () => {
  const ports = fc.constantFrom(25000, 25001, 25002);
  const events = fc.array(
    fc.tuple(mapped, ports).map(([it, port]) => ({ ...it, port, protocol: 'tcp' as const })),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(events, fc.array(fc.nat(60), { maxLength: 12 }), (all, places) => {
      const history = new MapHistory(columnsOf(all as MappedEvent[], same));
      const moment = new Moment(history, 7);
      for (const place of places.map((it) => Math.min(it, all.length))) {
        moment.seek(place);
        const fresh = new Moment(history, 1000);
        fresh.seek(place);
        expect(moment.tenants()).toEqual(fresh.tenants());
        const last = new Map(
          all.slice(0, place).map((it) => [it.port, grantIn(all.slice(0, place), it.port)]),
        );
        for (const [port, grant] of last)
          expect(moment.tenant(history.streamOf(port, 'tcp'))?.grant).toBe(grant);
      }
    }),
  );
});

test('how full a range was counts a number once, whatever protocols hold it', () => {
  const twin = { ...event(25000, undefined, 2), protocol: 'udp' as const };
  const events = [
    event(25000, undefined, 1),
    twin,
    event(25001, undefined, 3),
    { ...event(25001, undefined, 4), type: 'port.released' as const },
  ];
  const history = new MapHistory(columnsOf(events as MappedEvent[], same));
  const range = { id: 'r', title: '', group: '', from: 25000, to: 25999, dynamic: false, reserved: false };
  const [fullness] = fullnessOf(history, [range], 4);
  expect(fullness!.peak).toBe(2);
  expect([...fullness!.counts]).toEqual([1, 1, 2, 1].map(() => expect.any(Number)));
  expect(fullness!.counts.at(-1)).toBe(1);
});

test('strips have every port of the ranges once, and those that are in none where something happened', () => {
  const range = { id: 'r', title: '', group: '', from: 8010, to: 8119, dynamic: false, reserved: false };
  const history = new MapHistory(columnsOf([event(8080), event(443)], same));
  const [strip, outside] = stripsOf({ ranges: [range] }, history, 50);
  const ports = strip!.rows.flatMap(({ from, to }) =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at),
  );
  expect(ports).toEqual(Array.from({ length: 110 }, (_, at) => 8010 + at));
  expect(strip!.rows.map(({ isQuiet }) => isQuiet)).toEqual([true, false, true]);
  expect(outside!.rows).toEqual([{ start: 400, from: 400, to: 449, isQuiet: false }]);
});

test('a search wants each of its words somewhere', () => {
  expect(searchFor('  ')).toBeUndefined();
  expect(searchFor('WEB ada')!(['25000/tcp', 'web', 'Ada Lovelace'])).toBe(true);
  expect(searchFor('web ben')!(['25000/tcp', 'web', 'Ada Lovelace'])).toBe(false);
});

test('data that could be markup never gets into the page', () => {
  expect(withData('<body><!-- data --></body>', 'QQ==')).toContain('id="data">QQ==</script></body>');
  expect(() => withData('<!-- data -->', '</script>')).toThrow();
  expect(() => withData('<body>', 'QQ==')).toThrow();
});

function grantIn(events: { type: string; port: number }[], port: number): number | undefined {
  let grant: number | undefined;
  for (const [index, it] of events.entries()) {
    if (it.port !== port) continue;
    if (it.type === 'port.allocated' || it.type === 'port.registered') grant = index;
    else if (it.type === 'port.released') grant = undefined;
  }
  return grant;
}

function event(port: number, batch?: string, minute = 0): MappedEvent {
  return {
    v: 1,
    id: '01M8DT5DNTQVH0QN7XAGXTC6Y1',
    type: 'port.allocated',
    protocol: 'tcp',
    port,
    version: 1,
    resource: 'web',
    name: 'main',
    range: 'r',
    by: { name: 'Ada', email: 'ada@example.com', host: 'desk' },
    at: new Date(minute * 60_000).toISOString(),
    ...(batch && { batch }),
    prev: null,
    commit: null,
    pullRequest: null,
  };
}
