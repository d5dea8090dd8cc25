import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../../events/event.js';
import type { Batch, EventReader, EventWriter } from '../../../src/log/event-log.js';
import { ADA, allocated, NOON } from '../../support/given.js';

const batch = (...events: NewEvent[]): Batch => ({ events, by: ADA, at: NOON });
const released = (port: number, resource: string): NewEvent => ({
  type: 'port.released',
  protocol: 'tcp',
  port,
  resource,
  name: 'main',
});

type EventLog = EventReader & EventWriter;

/** What every log keeps to. `open` gives a new, empty one. */
export function eventLogContract(name: string, open: () => Promise<EventLog>): void {
  const append = (log: EventLog, ...events: NewEvent[]) =>
    log.exclusively(() => log.append(batch(...events)));

  describe(`${name} keeps the contract of an event log`, () => {
    test('it starts with nobody holding anything, and a policy', async () => {
      const { holdings, damaged, policy } = await (await open()).state();
      expect([...holdings]).toEqual([]);
      expect(damaged.size).toBe(0);
      expect(policy.ranges.length).toBeGreaterThan(10);
    });

    test('what is appended is in the state, with its place in the stream', async () => {
      const log = await open();
      const { events, paths } = await append(log, allocated(25000, 'web', { reason: 'why not' }));
      expect(events).toMatchObject([
        { v: 1, version: 1, prev: null, by: ADA, at: '2026-11-01T12:00:00.000Z' },
      ]);
      expect(paths).toEqual(['events/tcp/25xxx/250xx/25000/0001.json']);
      expect((await log.state()).holdings.at({ port: 25000, protocol: 'tcp' })).toMatchObject({
        resource: 'web',
        event: events[0]!.id,
      });
    });

    test('a hundred ports have another name with each event, and keep theirs where none happens', async () => {
      const log = await open();
      expect(await log.blocks()).toEqual(new Map());
      await append(log, allocated(25000, 'web'), allocated(25100, 'api'));
      const before = await log.blocks();
      expect([...before.keys()].sort()).toEqual(['events/tcp/25xxx/250xx', 'events/tcp/25xxx/251xx']);
      await append(log, released(25000, 'web'));
      const after = await log.blocks();
      expect(after.get('events/tcp/25xxx/251xx')).toBe(before.get('events/tcp/25xxx/251xx'));
      expect(after.get('events/tcp/25xxx/250xx')).not.toBe(before.get('events/tcp/25xxx/250xx'));
    });

    test('versions count on and prev points back, within a batch too', async () => {
      const log = await open();
      const [first] = (await append(log, allocated(25000, 'web'))).events;
      const { events } = await append(log, released(25000, 'web'), allocated(25000, 'other'));
      expect(events.map(({ version }) => version)).toEqual([2, 3]);
      expect(events.map(({ prev }) => prev)).toEqual([first!.id, events[0]!.id]);
      expect(events.map(({ batch }) => batch)).toEqual([events[0]!.id, events[0]!.id]);
    });

    test('tcp and udp of one number are two streams', async () => {
      const log = await open();
      await append(log, allocated(25000, 'web'), allocated(25000, 'dns', { protocol: 'udp' }));
      const { holdings } = await log.state();
      expect(holdings.at({ port: 25000, protocol: 'udp' })?.resource).toBe('dns');
      expect(holdings.at({ port: 25000, protocol: 'tcp' })?.resource).toBe('web');
    });

    test('events come back as they were written, all or by stream', async () => {
      const log = await open();
      const { events } = await append(log, allocated(25000, 'web'), allocated(30000, 'api'));
      const byPort = (a: { port: number }, b: { port: number }) => a.port - b.port;
      expect((await log.events()).sort(byPort).map(({ path: _, ...event }) => event)).toEqual(events);
      expect(await log.events([{ port: 30000, protocol: 'tcp' }])).toMatchObject([{ port: 30000 }]);
      expect(await log.events([{ port: 30000, protocol: 'udp' }])).toEqual([]);
    });

    test('the commit that brought an event is known', async () => {
      const log = await open();
      const one = await append(log, allocated(25000, 'web'));
      const two = await append(log, released(25000, 'web'));
      const origins = await log.originsOf(await log.events());
      expect(Object.fromEntries(origins)).toEqual({
        [one.events[0]!.id]: { commit: one.oid },
        [two.events[0]!.id]: { commit: two.oid },
      });
    });

    test('its history tells all events in the order of time, and who held what at any time', async () => {
      const log = await open();
      const at = (minutes: number, ...events: NewEvent[]) =>
        log.exclusively(async () => {
          await log.state();
          return log.append({ ...batch(...events), at: NOON + minutes * 60_000 });
        });
      const appended = [
        await at(1, allocated(25000, 'web')),
        await at(2, allocated(30000, 'api'), allocated(30001, 'api', { name: 'ui' })),
        await at(3, released(25000, 'web'), allocated(25000, 'other')),
      ].flatMap(({ events, oid }) => events.map((event) => ({ event, origin: { commit: oid } })));
      const history = await log.history();
      const told = async (entries: AsyncIterable<{ event: unknown; origin: unknown }>) => {
        const all = [];
        for await (const { event, origin } of entries) all.push({ event, origin });
        return all;
      };
      expect(await told(history.oldestFirst())).toEqual(appended);
      expect(await told(history.newestFirst())).toEqual([...appended].reverse());
      const held = async (minutes: number) =>
        (await history.heldAt(NOON + minutes * 60_000))
          .map(({ port, resource }) => `${resource} ${port}`)
          .sort();
      expect(await held(0)).toEqual([]);
      expect(await held(1)).toEqual(['web 25000']);
      expect(await held(2.5)).toEqual(['api 30000', 'api 30001', 'web 25000']);
      expect(await held(9)).toEqual(['api 30000', 'api 30001', 'other 25000']);
    });

    test('the messages of many commits are read at once', async () => {
      const log = await open();
      const [one, two] = [
        await append(log, allocated(25000, 'web')),
        await append(log, allocated(25001, 'api')),
      ];
      const expected = [one.oid, two.oid].map(async (oid) => [oid, (await log.commit(oid)).message] as const);
      expect(await log.messages([one.oid, two.oid, one.oid])).toEqual(new Map(await Promise.all(expected)));
      expect(await log.messages([])).toEqual(new Map());
    });

    test('the state of an earlier commit is still there', async () => {
      const log = await open();
      const one = await append(log, allocated(25000, 'web'));
      await append(log, released(25000, 'web'));
      expect((await log.stateAt(one.oid)).holdings.size).toBe(1);
      expect((await log.state()).holdings.size).toBe(0);
      await expect(log.stateAt('no-such-branch')).rejects.toMatchObject({ code: 'BAD_REVISION' });
    });

    test('events that cannot follow each other are never written', async () => {
      const log = await open();
      await append(log, allocated(25000, 'web'));
      await expect(append(log, released(25000, 'web'), released(25000, 'web'))).rejects.toThrow(
        /of a free port/,
      );
      await expect(append(log, allocated(25000, 'other'))).rejects.toThrow(/web holds it/);
      expect(await log.events()).toHaveLength(1);
      expect((await log.state()).holdings.size).toBe(1);
      await append(log, released(25000, 'web'));
      expect((await log.state()).damaged.size).toBe(0);
    });

    test('time never runs backwards in a stream; a clock a day behind is named', async () => {
      const log = await open();
      await append(log, allocated(25000, 'web'));
      const late = (at: number) =>
        log.exclusively(() => log.append({ ...batch(released(25000, 'web')), at }));
      const { events, warnings } = await late(NOON - 25 * 3_600_000);
      expect(events[0]!.at).toBe('2026-11-01T12:00:00.000Z');
      expect(warnings).toMatchObject([{ code: 'BAD_TIME', message: expect.stringMatching(/25000\/tcp/) }]);
    });

    test('a preview is what would be written, and writes nothing', async () => {
      const log = await open();
      await append(log, allocated(25000, 'web'));
      expect(await log.preview(batch(released(25000, 'web')))).toMatchObject([
        { version: 2, path: 'events/tcp/25xxx/250xx/25000/0002.json' },
      ]);
      expect((await log.state()).holdings.size).toBe(1);
    });

    test('the policy changes with a file of a batch', async () => {
      const log = await open();
      const content = (await log.policySource()).replace('"default": "business"', '"default": "ai-ml"');
      await log.exclusively(() =>
        log.append({ ...batch(), files: [{ path: 'policy.json', content }], subject: 'change the policy' }),
      );
      expect((await log.state()).policy.default).toBe('ai-ml');
      expect(await log.policySource()).toBe(content);
    });

    test('work that is exclusive comes one after the other', async () => {
      const log = await open();
      let running = 0;
      await Promise.all(
        [1, 2, 3, 4].map((port) =>
          log.exclusively(async () => {
            expect(++running).toBe(1);
            await log.state();
            await log.append(batch(allocated(30000 + port, `r${port}`)));
            running--;
          }),
        ),
      );
      expect((await log.state()).holdings.size).toBe(4);
    });

    test('after a failure the next one goes on', async () => {
      const log = await open();
      await expect(log.exclusively(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
      await append(log, allocated(25000, 'web'));
      expect((await log.state()).holdings.size).toBe(1);
    });
  });
}
