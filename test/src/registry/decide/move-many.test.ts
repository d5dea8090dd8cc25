import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PortKey } from '../../../../events/port.js';
import { rangeOf } from '../../../../src/policy/policy.js';
import { type MoveMany, moveMany } from '../../../../src/registry/decide/move-many.js';
import type { View } from '../../../../src/registry/decide/view.js';
import { allocated, given, leased, NOON } from '../../../support/given.js';

const moving =
  (patterns: string[], range: string, more: Partial<MoveMany> = {}) =>
  (view: View) =>
    moveMany(view, { patterns, range, wishes: new Map(), ...more });
const moves = (answer: { resource: string; name: string; from: number; to: number }[]) =>
  answer.map(({ resource, name, from, to }) => `${resource} ${name} ${from} ${to}`);

describe('renumbering', () => {
  const registry = [
    allocated(8080, 'web', { name: 'api', exception: 'reserved' }),
    allocated(8081, 'web', { name: 'ui', exception: 'reserved' }),
    allocated(25000, 'web-docs', { range: 'monitoring' }),
    allocated(5432, 'postgres', { exception: 'reserved' }),
    allocated(9999, 'other', { exception: 'reserved' }),
  ];

  test('moves those that fit a name or a glob, and are not in the range already', () => {
    const spec = given({ registry, busy: ['tcp/25001'] }).when(moving(['web', 'web-*'], 'monitoring'));
    expect(moves(spec.answer())).toEqual(['web api 8080 25002', 'web ui 8081 25003']);
    expect(spec.events().map(({ type, port }) => `${type} ${port}`)).toEqual([
      'port.released 8080',
      'port.allocated 25002',
      'port.released 8081',
      'port.allocated 25003',
    ]);
  });

  test('auto is what service.json wishes for, then what the name says, then the default', () => {
    const wishes = new Map([['web ui', '35000-35999']]);
    const spec = given({ registry }).when(moving(['*'], 'auto', { wishes }));
    expect(moves(spec.answer())).toEqual([
      'postgres main 5432 20000',
      'web api 8080 30000',
      'web ui 8081 35000',
      'other main 9999 30001',
      'web-docs main 25000 28000',
    ]);
  });

  test('says which wish the policy cannot fulfil', () => {
    const wishes = new Map([['web ui', '1-2']]);
    const { warnings } = given({ registry })
      .when(moving(['web'], 'auto', { wishes }))
      .decision();
    expect(warnings).toMatchObject([{ message: expect.stringContaining('asks for the range 1-2') }]);
  });

  test('moves all or none', () => {
    const full = given({ registry }).when(moving(['web'], '25000-25001'));
    expect(full.refusal().code).toBe('RANGE_FULL');
    expect(
      given({ registry })
        .when(moving(['web', 'nobody'], 'auto'))
        .refusal(),
    ).toMatchObject({
      code: 'UNKNOWN_RESOURCE',
    });
    expect(
      given({ registry })
        .when(moving(['x-*'], 'auto'))
        .refusal().code,
    ).toBe('UNKNOWN_RESOURCE');
  });

  test('leaves leases where they are', () => {
    const host = [leased(40000, 'tmp', NOON + 3_600_000)];
    expect(
      given({ registry, host })
        .when(moving(['tmp*', 'web'], 'auto'))
        .refusal().code,
    ).toBe('UNKNOWN_RESOURCE');
  });

  test('keeps the order of numbers, whatever the names, what is in use and what other registries hold', () => {
    const ports = fc.uniqueArray(fc.integer({ min: 1, max: 19_999 }), { minLength: 2, maxLength: 20 });
    const taken = fc.array(fc.integer({ min: 25_000, max: 25_040 }), { maxLength: 20 });
    const udp = fc.infiniteStream(fc.boolean());
    fc.assert(
      fc.property(ports, taken, taken, udp, (before, busy, others, isUdp) => {
        const registry = before.map((port, index) =>
          allocated(port, `app-${index % 5}`, {
            name: `p${index}`,
            protocol: isUdp.next().value ? 'udp' : 'tcp',
            exception: 'reserved',
          }),
        );
        const { view } = given({ registry, busy: busy.map((port) => `tcp/${port}` as const) });
        const other = { registry: 'another', resource: 'web', name: 'main' };
        const elsewhere = new Map(others.map((port) => [`tcp/${port}` as PortKey, other]));
        const { answer } = moving(['app-*'], 'monitoring')({ ...view, elsewhere });
        const byOld = [...answer].sort((a, b) => a.from - b.from).map(({ to }) => to);
        expect(byOld).toEqual([...new Set(byOld)].sort((a, b) => a - b));
        const one = moving(['app-0'], 'monitoring')(view).answer.map(({ from, to }) => [from, to]);
        expect(one).toEqual(one.toSorted(([a], [b]) => a! - b!).toSorted(([, a], [, b]) => a! - b!));
        expect(answer.some(({ protocol, to }) => elsewhere.has(`${protocol}/${to}`))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  test('fills what other registries hold in order too, and a range that is too full for an order in any', () => {
    const other = { registry: 'another', resource: 'web', name: 'main' };
    const registry = [1, 2, 3].map((port) => allocated(port, `app-${4 - port}`, { exception: 'reserved' }));
    const { view } = given({ registry });
    const elsewhere = new Map([['tcp/25000' as const, other]]);
    const three = moving(['app-*'], '25000-25002')({ ...view, elsewhere }).answer;
    expect(three.map(({ from, to }) => [from, to])).toEqual([
      [1, 25000],
      [2, 25001],
      [3, 25002],
    ]);
    const mixed = [
      ...registry,
      allocated(4, 'app-9', { protocol: 'udp' as const, exception: 'reserved' as const }),
    ];
    const four = moving(['app-*'], '25000-25002')(given({ registry: mixed }).view).answer;
    expect(four.map(({ to, protocol }) => `${to}/${protocol}`)).toEqual([
      '25000/tcp',
      '25001/tcp',
      '25002/tcp',
      '25000/udp',
    ]);
  });

  test('leaves everybody in their range, on ports of their own, and a second time does nothing', () => {
    const claims = fc.uniqueArray(fc.integer({ min: 1, max: 19_999 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(claims, (ports) => {
        const before = ports.map((port, index) => allocated(port, `app-${index}`, { exception: 'reserved' }));
        const spec = given({ registry: before }).when(moving(['app-*'], 'auto'));
        const answer = spec.answer();
        expect(new Set(answer.map(({ to }) => to)).size).toBe(ports.length);
        for (const { to } of answer) expect(rangeOf(given().view.policy, to)?.id).toBe('business');
        const again = given({ registry: [...before, ...spec.events()] }).when(moving(['app-*'], 'auto'));
        expect(again.events()).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
