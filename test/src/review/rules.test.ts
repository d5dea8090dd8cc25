import fc from 'fast-check';
import { ulid } from 'ulid';
import { describe, expect, test } from 'vitest';
import { encodeEvent } from '../../../events/encoding.js';
import type { NewEvent, PortEvent } from '../../../events/event.js';
import { eventPath } from '../../../events/event-path.js';
import { defaultPolicySource } from '../../../src/policy/default-policy.js';
import { parsePolicy } from '../../../src/policy/policy-file.js';
import { claimedTimes, timeOfId } from '../../../src/review/claimed-times.js';
import { mailmapOf } from '../../../src/review/mailmap.js';
import { Replay } from '../../../src/review/replay.js';
import { checkLog, policyViolation } from '../../../src/review/rules.js';
import { givenUp, type Side } from '../../../src/review/settlement.js';
import { allocated, history, NOON } from '../../support/given.js';

const web = { protocol: 'tcp' as const, resource: 'web', name: 'main' };
const released = (port: number, more: object = {}): NewEvent => ({
  type: 'port.released',
  ...web,
  port,
  ...more,
});
const filesOf = (events: PortEvent[]) =>
  new Map(events.map((event) => [eventPath(event, event.version), encodeEvent(event)]));
const codes = (files: ReadonlyMap<string, string>) => checkLog(files).problems.map(({ code }) => code);

const GRANT = history([allocated(25000, 'web'), released(25000), allocated(25000, 'api')]);
const [FIRST, SECOND] = [1, 2].map((version) => eventPath({ port: 25000, protocol: 'tcp' }, version)) as [
  string,
  string,
];

describe('the rules of a log', () => {
  test('hold for what vports writes', () => expect(codes(filesOf(GRANT))).toEqual([]));

  const broken: [string, (files: Map<string, string>) => void, string[]][] = [
    ['a version that is missing', (files) => files.delete(SECOND), ['VERSION_GAP']],
    ['a first version that is missing', (files) => files.delete(FIRST), ['VERSION_GAP']],
    ['another line end', (files) => files.set(FIRST, `${files.get(FIRST)}\n`), ['NOT_CANONICAL']],
    ['no JSON', (files) => files.set(FIRST, '{'), ['BAD_EVENT']],
    [
      'the event of another port',
      (files) => files.set(FIRST, files.get(FIRST)!.replace('25000', '25001')),
      ['PATH_MISMATCH'],
    ],
    [
      'another prev',
      (files) => files.set(SECOND, files.get(SECOND)!.replace(/"prev": "./, '"prev": "7')),
      ['PREV_MISMATCH'],
    ],
    [
      'a file that is no event',
      (files) => files.set('events/tcp/25xxx/250xx/25000/note', 'x'),
      ['PATH_MISMATCH'],
    ],
    [
      'a stream in another block',
      (files) => files.set('events/tcp/26xxx/260xx/25000/0001.json', ''),
      ['PATH_MISMATCH'],
    ],
    [
      'a padded version',
      (files) => files.set('events/tcp/25xxx/250xx/25009/00001.json', ''),
      ['PATH_MISMATCH'],
    ],
    [
      'a newer format',
      (files) => files.set(FIRST, files.get(FIRST)!.replace('"v": 1', '"v": 2')),
      ['BAD_EVENT'],
    ],
  ];
  test.each(broken)('are broken by %s', (_, change, expected) => {
    const files = filesOf(GRANT);
    change(files);
    expect(codes(files)).toEqual(expected);
  });

  test('are broken by one name on two ports, and by two names of one variable', () => {
    expect(codes(filesOf(history([allocated(25000, 'web'), allocated(25001, 'web')])))).toEqual([
      'DOUBLE_NAME',
    ]);
    const api = allocated(25001, 'web', { name: 'api' });
    expect(codes(filesOf(history([api, allocated(25002, 'web-api')])))).toEqual(['DOUBLE_VARIABLE']);
  });

  test('are broken by half a move', () => {
    expect(codes(filesOf(history([allocated(25001, 'web', { from: 25000 })])))).toEqual(['BATCH_INCOMPLETE']);
  });

  test.each<[number, object, string | undefined]>([
    [25000, { range: 'monitoring' }, undefined],
    [25000, {}, undefined],
    [8080, {}, 'RESERVED'],
    [8080, { exception: 'reserved' }, undefined],
    [15000, {}, 'OUT_OF_RANGE'],
    [15000, { exception: 'outside-range' }, undefined],
  ])('the policy of %i with %j: %s', (port, more, code) => {
    const [event] = history([allocated(port, 'web', more)]);
    expect(policyViolation(parsePolicy(defaultPolicySource()), event!)?.code).toBe(code);
  });
});

describe('a replay', () => {
  test('tells who had the port before and after each event, and the first that breaks a rule', () => {
    const replay = new Replay<PortEvent>();
    const steps = history([allocated(25000, 'web'), released(25000), allocated(25000, 'api')]).map((it) =>
      replay.add(it),
    );
    expect(steps.map(({ before, after }) => [before?.resource, after?.resource])).toEqual([
      [undefined, 'web'],
      ['web', undefined],
      [undefined, 'api'],
    ]);
    expect(replay.broken).toBeUndefined();
    const [again] = history([allocated(25001, 'api')]);
    replay.add(again!);
    expect(replay.broken).toMatchObject({ event: again!.id, code: 'DOUBLE_NAME' });
  });

  test('finds no fault with two ports of a name of which one is released by the end, as two branches may leave them', () => {
    const replay = new Replay<PortEvent>();
    const web = { resource: 'web', name: 'main', protocol: 'tcp' as const };
    const branches = [
      [allocated(25000, 'web')],
      [allocated(25001, 'web'), { ...web, type: 'port.released' as const, port: 25001 }],
    ].map((it) => history(it));
    for (const event of branches.flat()) replay.add(event);
    expect(replay.broken).toBeUndefined();
  });
});

describe('what the losing side of a conflict gives up', () => {
  const event = (version: number, batch?: string) =>
    ({ version, ...(batch && { batch }) }) as unknown as PortEvent;
  const anySide = fc
    .array(
      fc.record({ stream: fc.constantFrom('a', 'b', 'c', 'd'), batch: fc.constantFrom(undefined, 'x', 'y') }),
      { maxLength: 12 },
    )
    .map((all): Side => {
      const counts = new Map<string, number>();
      return new Map(
        all.map(({ stream, batch }) => {
          const version = (counts.get(stream) ?? 0) + 1;
          counts.set(stream, version);
          return [`${stream}/${version}`, event(version, batch)];
        }),
      );
    });

  test('goes with its whole command and with all that came after, and nothing else does', () => {
    fc.assert(
      fc.property(anySide, fc.nat(), (side, pick) => {
        const paths = [...side.keys()];
        const lost = paths.length > 0 ? [paths[pick % paths.length]!] : [];
        const gone = givenUp(side, lost);
        for (const path of lost) expect(gone.has(path)).toBe(true);
        const kept = paths.filter((path) => !gone.has(path));
        for (const path of kept) {
          const it = side.get(path)!;
          for (const other of gone) {
            const that = side.get(other)!;
            expect(it.batch !== undefined && it.batch === that.batch).toBe(false);
            expect(path[0] === other[0] && it.version > that.version).toBe(false);
          }
        }
        if (lost.length === 0) expect(gone.size).toBe(0);
      }),
    );
  });
});

describe('what times claim', () => {
  const HOUR = 3_600_000;
  const at = (event: PortEvent) => eventPath(event, event.version);
  const claimed = (events: PortEvent[], now = NOON, committed?: ReadonlyMap<string, number>) =>
    claimedTimes(new Map(events.map((it) => [at(it), it])), events.map(at), now, committed).map(
      ({ code, isForced }) => `${code}${isForced ? ' forced' : ''}`,
    );

  test('is nothing for what vports writes, whatever the time', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4e12 }), (time) => {
        const [drawn] = history([allocated(25000, 'web')], time);
        const event = { ...drawn!, id: ulid(time) };
        expect(timeOfId(event.id)).toBe(time);
        expect(claimed([event], time, new Map([[at(event), time + HOUR]]))).toEqual([]);
      }),
    );
  });

  test('cannot be in the future, after the commit, or another time than that of the id', () => {
    const [event] = history([allocated(25000, 'web')]);
    expect(claimed([event!], NOON - 48 * HOUR)).toEqual(['TIME_FUTURE']);
    expect(claimed([event!], NOON, new Map([[at(event!), NOON - 48 * HOUR]]))).toEqual(['CLAIMED_TIME']);
    expect(claimed([{ ...event!, at: '2019-01-01T00:00:00.000Z' }])).toEqual(['CLAIMED_TIME']);
    expect(claimed([{ ...event!, id: '0'.repeat(26) }])).toEqual(['CLAIMED_TIME']);
  });

  test('is forced where the event before it is of the same time', () => {
    const late = history([allocated(25000, 'web'), released(25000)], NOON + 72 * HOUR);
    expect(claimed(late)).toEqual(['TIME_FUTURE', 'TIME_FUTURE forced']);
  });
});

describe('a mailmap', () => {
  const map = mailmapOf(`# people
Ada Lovelace <ada@example.com> <ada@users.noreply.host>
Ada Lovelace <ada@example.com> ada <ada@laptop>
<ben@example.com> <ben@old>
Carl Proper <carl@example.com>
`);
  test.each([
    ['ada', 'ada@users.noreply.host', 'Ada Lovelace', 'ada@example.com'],
    ['Ada', 'ADA@laptop', 'Ada Lovelace', 'ada@example.com'],
    ['Mallory', 'ada@laptop', 'Mallory', 'ada@laptop'],
    ['Ben', 'ben@old', 'Ben', 'ben@example.com'],
    ['carl', 'carl@example.com', 'Carl Proper', 'carl@example.com'],
    ['Dora', 'dora@x', 'Dora', 'dora@x'],
  ])('%s <%s> is %s <%s>', (name, email, properName, properEmail) => {
    expect(map({ name, email })).toEqual({ name: properName, email: properEmail });
  });

  test('says of whatever text something or nothing, and never fails', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(mailmapOf(text)({ name: 'x', email: 'y' })).toEqual({
          name: expect.any(String),
          email: expect.any(String),
        });
      }),
    );
  });
});
