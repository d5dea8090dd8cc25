import { describe, expect, test } from 'vitest';
import type { NewEvent, PortEvent } from '../../../../events/event.js';
import { type PortKey, portKey } from '../../../../events/port.js';
import { undo } from '../../../../src/registry/decide/undo.js';
import { allocated, given, history } from '../../../support/given.js';

const port = 25000;
const web = { protocol: 'tcp' as const, port, resource: 'web', name: 'main' };
const released = (more: object = {}): NewEvent => ({ type: 'port.released', ...web, ...more });
const described = (more: object): NewEvent => ({ type: 'port.described', ...web, ...more });

/** Given these events, undo the last `count` of them. */
function undoing(before: NewEvent[], count: number, more: NewEvent[] = []) {
  const all = history([...before, ...more]);
  const streams = new Map<PortKey, PortEvent[]>();
  for (const event of all) streams.set(portKey(event), [...(streams.get(portKey(event)) ?? []), event]);
  const events = all.slice(before.length - count, before.length);
  const spec = given({ registry: [...before, ...more] }).when((view) =>
    undo(view, { events, log: 'registry', streams, reason: 'a mistake' }),
  );
  return { events: () => spec.decision().events.map(({ event }) => event), decision: () => spec.decision() };
}

describe('undo', () => {
  test('of a grant releases it', () => {
    expect(undoing([allocated(port, 'web')], 1).events()).toEqual([released({ reason: 'a mistake' })]);
  });

  test('of a release grants it again, as it was', () => {
    const grant = allocated(port, 'web', { owner: 'team-a', reason: 'the shop' });
    expect(undoing([grant, released()], 1).events()).toEqual([
      { ...web, type: 'port.allocated', range: 'monitoring', owner: 'team-a', reason: 'the shop' },
    ]);
  });

  test('of a release of what was registered outside the policy registers it again', () => {
    const legacy: NewEvent = { ...web, port: 8080, type: 'port.registered', exception: 'reserved' };
    expect(undoing([legacy, released({ port: 8080 })], 1).events()).toEqual([
      { ...web, port: 8080, type: 'port.registered', exception: 'reserved', reason: 'a mistake' },
    ]);
  });

  test('of a move goes back, both ends of it', () => {
    const move = [released({ to: 25001 }), allocated(25001, 'web', { from: port })];
    expect(undoing([allocated(port, 'web', { reason: 'x' }), ...move], 2).events()).toEqual([
      released({ port: 25001, reason: 'a mistake', to: port }),
      { ...web, type: 'port.allocated', range: 'monitoring', reason: 'x', from: 25001 },
    ]);
  });

  test('of a description says what was said before', () => {
    const before = [allocated(port, 'web', { owner: 'team-a', reason: 'x' })];
    expect(undoing([...before, described({ owner: 'team-b' })], 1).events()).toEqual([
      described({ owner: 'team-a' }),
    ]);
    expect(() => undoing([allocated(port, 'web'), described({ owner: 'team-b' })], 1).decision()).toThrow(
      /had no owner before/,
    );
  });

  test('of what came to nothing is nothing', () => {
    expect(undoing([allocated(port, 'web'), released()], 2).events()).toEqual([]);
  });

  test('of a grant to somebody else gives it back to whoever had it', () => {
    const turn = [released(), allocated(port, 'other')];
    expect(undoing([allocated(port, 'web'), ...turn], 2).events()).toMatchObject([
      { type: 'port.released', resource: 'other' },
      { type: 'port.allocated', resource: 'web' },
    ]);
  });

  test('is refused where a later event of the port depends on it, naming that', () => {
    expect(() => undoing([allocated(port, 'web')], 1, [described({ owner: 'x' })]).decision()).toThrow(
      /25000\/tcp has changed since: described by Ada Lovelace on 2026-11-01/,
    );
  });

  test('minds nothing that came later and came to nothing', () => {
    const other = [allocated(port, 'other'), { ...released(), resource: 'other' }];
    expect(undoing([allocated(port, 'web'), released()], 1, other).events()).toMatchObject([
      { type: 'port.allocated', resource: 'web' },
    ]);
  });

  test('is refused where the name has another port by now', () => {
    expect(() =>
      undoing([allocated(port, 'web'), released()], 1, [allocated(25001, 'web')]).decision(),
    ).toThrow(/web now has 25001\/tcp/);
  });

  test('is refused for a lease that has ended', () => {
    const lease = { expires: '2026-10-01T00:00:00.000Z' };
    expect(() => undoing([allocated(port, 'web', { lease }), released()], 1).decision()).toThrow(
      /expired on 2026-10-01/,
    );
  });

  test('of a release warns where something is bound to the port by now; of a grant it does not', () => {
    const busy = [portKey({ port, protocol: 'tcp' })];
    const warningsOf = (events: NewEvent[], undone: number) => {
      const all = history(events);
      const streams = new Map<PortKey, PortEvent[]>([[busy[0]!, all]]);
      return given({ registry: events, busy })
        .when((view) => undo(view, { events: all.slice(-undone), log: 'registry', streams, reason: 'x' }))
        .warnings();
    };
    expect(warningsOf([allocated(port, 'web'), released()], 1)).toEqual(['PORT_IN_USE']);
    expect(warningsOf([allocated(port, 'web')], 1)).toEqual([]);
  });
});
