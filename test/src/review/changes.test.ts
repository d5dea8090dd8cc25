import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../../events/event.js';
import { eventPath } from '../../../events/event-path.js';
import { Holdings } from '../../../events/holdings.js';
import { portKey } from '../../../events/port.js';
import { emptyStream, evolve } from '../../../events/reducer.js';
import type { Stream } from '../../../events/stream.js';
import { defaultPolicySource } from '../../../src/policy/default-policy.js';
import { parsePolicy } from '../../../src/policy/policy-file.js';
import { changesBetween, rangeChanges } from '../../../src/review/changes.js';
import { allocated, history, leased, NOON } from '../../support/given.js';

const web = { protocol: 'tcp' as const, resource: 'web', name: 'main' };
const released = (port: number, more: object = {}): NewEvent => ({
  type: 'port.released',
  ...web,
  port,
  ...more,
});

/** What the events after the first `count` changed. */
function changes(events: NewEvent[], count: number) {
  const all = history(events);
  const held = (upTo: number) => {
    const streams = new Map<string, Stream>();
    for (const event of all.slice(0, upTo))
      streams.set(portKey(event), evolve(streams.get(portKey(event)) ?? emptyStream(event), event));
    return [...new Holdings([...streams.values()].flatMap(({ holding }) => holding ?? []))];
  };
  const byPath = new Map(all.map((event) => [eventPath(event, event.version), event]));
  return {
    before: held(count),
    after: held(all.length),
    found: changesBetween(held(count), held(all.length), byPath),
  };
}

describe('between two states', () => {
  const grant = allocated(25000, 'web', { range: 'monitoring', owner: 'team-a', reason: 'x' });
  test.each<[string, NewEvent[], number, object[]]>([
    [
      'a grant',
      [grant],
      0,
      [{ kind: 'allocated', port: 25000, owner: 'team-a', by: 'Ada Lovelace', reason: 'x' }],
    ],
    [
      'a registration',
      [{ ...web, type: 'port.registered', port: 8080 }],
      0,
      [{ kind: 'registered', port: 8080 }],
    ],
    [
      'a release, with when it was granted and why it went',
      [grant, released(25000, { reason: 'gone' })],
      1,
      [{ kind: 'released', port: 25000, reason: 'gone', since: new Date(NOON).toISOString() }],
    ],
    [
      'a move is one change and not two',
      [grant, released(25000, { to: 25001 }), allocated(25001, 'web', { from: 25000 })],
      1,
      [{ kind: 'moved', from: 25000, port: 25001 }],
    ],
    [
      'a move there and back changes at most who answers for it, and why',
      [
        grant,
        released(25000, { to: 25001 }),
        allocated(25001, 'web', { from: 25000 }),
        released(25001, { to: 25000 }),
        allocated(25000, 'web', { from: 25001 }),
      ],
      1,
      [{ kind: 'described', from: null, port: 25000 }],
    ],
    [
      'a description',
      [grant, { ...web, type: 'port.described', port: 25000, owner: 'team-b' }],
      1,
      [{ kind: 'described', owner: 'team-b' }],
    ],
    [
      'a renewal',
      [
        leased(40000, 'web', NOON + 1_000),
        {
          ...web,
          type: 'port.renewed',
          port: 40000,
          lease: { expires: new Date(NOON + 9_000).toISOString() },
        },
      ],
      1,
      [{ kind: 'renewed', port: 40000 }],
    ],
    [
      'a claim beside a lease of the same name is no move',
      [leased(40000, 'web', NOON), allocated(25000, 'web')],
      1,
      [{ kind: 'allocated', port: 25000, from: null }],
    ],
    [
      'a port that was released and granted anew is both',
      [grant, released(25000, { reason: 'gone' }), allocated(25000, 'web', { owner: 'team-a', reason: 'x' })],
      1,
      [
        { kind: 'allocated', port: 25000 },
        { kind: 'released', port: 25000, reason: 'gone' },
      ],
    ],
    [
      'each of the ports of a name that has two',
      [grant, allocated(25001, 'web'), released(25000), released(25001), allocated(25002, 'web')],
      2,
      [
        { kind: 'released', port: 25001 },
        { kind: 'moved', from: 25000, port: 25002 },
      ],
    ],
    [
      'a move by way of another port is one',
      [
        grant,
        released(25000, { to: 25001 }),
        allocated(25001, 'web', { from: 25000 }),
        released(25001, { to: 25002 }),
        allocated(25002, 'web', { from: 25001 }),
      ],
      1,
      [{ kind: 'moved', from: 25000, port: 25002 }],
    ],
    ['nothing', [grant], 1, []],
  ])('%s', (_, events, count, expected) => {
    expect(changes(events, count).found).toEqual(expected.map((it) => expect.objectContaining(it)));
  });

  test('tells how full the ranges become that they touch, both ends of a move', () => {
    const move = [grant, released(25000, { to: 30000 }), allocated(30000, 'web', { from: 25000 })];
    const { before, after, found } = changes(move, 1);
    expect(
      rangeChanges({ policy: parsePolicy(defaultPolicySource()), old: undefined }, before, after, found),
    ).toMatchObject([
      { id: 'monitoring', size: 1000, before: 1, after: 0, from: 25000, to: 25999 },
      { id: 'business', size: 1000, before: 0, after: 1, from: 30000, to: 30999 },
    ]);
  });
});

test('an event that is another one under the same id is told by what it says', () => {
  const [grant] = history([allocated(25000, 'web')]);
  const holding = (event: typeof grant) => evolve(emptyStream(event!), event!).holding!;
  const edited = { ...grant!, resource: 'evil' };
  const found = changesBetween([holding(grant)], [holding(edited)], new Map([['x', edited]]));
  expect(found.map(({ kind, resource }) => [kind, resource])).toEqual([
    ['allocated', 'evil'],
    ['released', 'web'],
  ]);
});
