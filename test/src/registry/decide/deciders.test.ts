import { describe, expect, test } from 'vitest';
import { describe as describePorts } from '../../../../src/registry/decide/describe.js';
import { reassign } from '../../../../src/registry/decide/reassign.js';
import { type Register, register } from '../../../../src/registry/decide/register.js';
import { release } from '../../../../src/registry/decide/release.js';
import { renew } from '../../../../src/registry/decide/renew.js';
import { allocated, given, leased, NOON } from '../../../support/given.js';

const HOUR = 3_600_000;
const held = [
  allocated(30000, 'web', { name: 'api', range: 'business', owner: 'team-web', reason: 'front' }),
  allocated(30001, 'web', { name: 'ui', range: 'business' }),
];

describe('register', () => {
  const put =
    (port: number, more: Partial<Register> = {}, name = 'main') =>
    (view: Parameters<typeof register>[0]) =>
      register(view, { resource: 'web', ports: [{ name, port, protocol: 'tcp' }], ...more });

  test('puts a port on record without asking the host', () => {
    expect(
      given({ busy: ['tcp/25300'] })
        .when(put(25300))
        .events(),
    ).toEqual([
      {
        type: 'port.registered',
        protocol: 'tcp',
        port: 25300,
        resource: 'web',
        name: 'main',
        range: 'monitoring',
      },
    ]);
  });

  test('of what is on record already needs no event', () => {
    const run = given({ registry: [allocated(25300, 'web')] }).when(put(25300));
    expect(run.events()).toEqual([]);
    expect(run.answer()).toMatchObject([{ port: 25300, created: false }]);
  });

  test.each([
    [8080, 'PORT_RESERVED', 'reserved'],
    [15000, 'OUT_OF_RANGE', 'outside-range'],
    [39500, 'PORT_RESERVED', 'reserved'],
  ])('of %i is %s, unless on purpose, and then the event says %s', (port, code, exception) => {
    expect(given().when(put(port)).refusal().code).toBe(code);
    expect(
      given()
        .when(put(port, { allowOutsidePolicy: true }))
        .events(),
    ).toMatchObject([{ port, exception }]);
  });

  test('of a port that another holds names the holder', () => {
    const error = given({ registry: [allocated(25300, 'grafana', { reason: 'dashboards' })] })
      .when(put(25300))
      .refusal();
    expect(error).toMatchObject({
      code: 'PORT_TAKEN',
      details: { holder: { resource: 'grafana', name: 'main' } },
    });
    expect(error.message).toMatch(/dashboards/);
  });

  test('of a second port under one name asks for reassign', () => {
    const error = given({ registry: [allocated(25300, 'web')] })
      .when(put(25301))
      .refusal();
    expect(error).toMatchObject({
      code: 'ALREADY_HELD',
      hint: '`vports reassign web --port main --to 25301` moves it',
    });
  });

  test('of a udp port under the name of a tcp port asks for a name of its own', () => {
    expect(
      given({ registry: [allocated(25300, 'web')] })
        .when(put(25300, { ports: [{ name: 'main', port: 25300, protocol: 'udp' }] }))
        .refusal(),
    ).toMatchObject({
      code: 'ALREADY_HELD',
      hint: 'a udp port needs its own name: `vports register web main-udp=25300/udp`',
    });
  });

  test("turns a resource's own lease into a claim", () => {
    expect(
      given({ host: [leased(40000, 'web', NOON + HOUR)] })
        .when(put(40000))
        .placed(),
    ).toMatchObject([
      { log: 'host', event: { type: 'port.released', port: 40000 } },
      { log: 'registry', event: { type: 'port.registered', port: 40000 } },
    ]);
  });
});

describe('release', () => {
  const give =
    (ports: string[], strict = false, resource = 'web') =>
    (view: Parameters<typeof release>[0]) =>
      release(view, { resource, ports, strict });

  test('gives back all that a resource holds, in both logs', () => {
    const host = [leased(40000, 'web', NOON + HOUR, { name: 'dbg' })];
    expect(given({ registry: held, host }).when(give([])).placed()).toMatchObject([
      { log: 'registry', event: { port: 30000 } },
      { log: 'registry', event: { port: 30001 } },
      { log: 'host', event: { port: 40000 } },
    ]);
  });

  test.each([['api'], ['30000'], ['30000/tcp']])('gives back what --port %s says', (port) => {
    expect(
      given({ registry: held })
        .when(give([port]))
        .answer(),
    ).toEqual([{ resource: 'web', name: 'api', port: 30000, protocol: 'tcp' }]);
  });

  test('gives back once what is said twice', () => {
    expect(
      given({ registry: held })
        .when(give(['api', '30000']))
        .events(),
    ).toHaveLength(1);
  });

  test.each([
    ['an unknown resource', [], 'nobody', 'UNKNOWN_RESOURCE'],
    ['an unknown name', ['ws'], 'web', 'NOT_HELD'],
    ["another's port", ['30001'], 'other', 'UNKNOWN_RESOURCE'],
  ])('of %s is a warning, and an error under strict', (_, ports, resource, code) => {
    const run = given({ registry: held }).when(give(ports, false, resource));
    expect(run.events()).toEqual([]);
    expect(run.warnings()).toEqual([code]);
    expect(
      given({ registry: held })
        .when(give(ports, true, resource))
        .refusal().code,
    ).toBe(code);
  });

  test("of another's port names who holds it", () => {
    const registry = [...held, allocated(25000, 'grafana')];
    expect(
      given({ registry })
        .when(give(['25000'], true))
        .refusal().message,
    ).toBe('web does not hold 25000; 25000/tcp is held by grafana');
  });

  test('wants the number where a merge made one name twice', () => {
    const registry = [allocated(30000, 'web'), allocated(30007, 'web')];
    const error = given({ registry })
      .when(give(['main']))
      .refusal();
    expect(error).toMatchObject({
      code: 'CONFLICT',
      hint: 'a merge left two ports of one name; choose one: --port 30000/tcp or --port 30007/tcp',
    });
    expect(
      given({ registry })
        .when(give(['30007']))
        .answer(),
    ).toMatchObject([{ port: 30007 }]);
  });
});

describe('reassign', () => {
  const move = (more: object) => (view: Parameters<typeof reassign>[0]) =>
    reassign(view, { resource: 'web', ...more });

  test('of all ports into a range keeps the order of their numbers', () => {
    const registry = [
      allocated(8082, 'web', { name: 'c', exception: 'reserved' }),
      allocated(8080, 'web', { name: 'a', exception: 'reserved' }),
      allocated(8081, 'web', { name: 'b', exception: 'reserved' }),
    ];
    const moved = given({ registry })
      .when(move({ range: 'monitoring' }))
      .answer();
    expect(moved.map(({ from, to }) => [from, to])).toEqual([
      [8080, 25000],
      [8081, 25001],
      [8082, 25002],
    ]);
  });

  test('moves a port in one batch that says where from and where to, and keeps owner and reason', () => {
    expect(
      given({ registry: held })
        .when(move({ port: 'api', to: 30010 }))
        .events(),
    ).toEqual([
      { type: 'port.released', protocol: 'tcp', port: 30000, resource: 'web', name: 'api', to: 30010 },
      {
        type: 'port.allocated',
        protocol: 'tcp',
        port: 30010,
        resource: 'web',
        name: 'api',
        range: 'business',
        owner: 'team-web',
        reason: 'front',
        from: 30000,
      },
    ]);
  });

  test('keeps the protocol, and a number without one means the same', () => {
    const udp = { registry: [{ ...allocated(30053, 'web'), protocol: 'udp' as const }] };
    expect(
      given(udp)
        .when(move({ to: 30054 }))
        .answer(),
    ).toMatchObject([{ protocol: 'udp', to: 30054 }]);
    expect(
      given(udp)
        .when(move({ to: 30054, protocol: 'tcp' }))
        .refusal(),
    ).toMatchObject({
      code: 'BAD_USAGE',
      hint: 'a tcp port needs its own name: `vports register web main-tcp=30054`',
    });
  });

  test('stays in its range by default', () => {
    expect(
      given({ registry: held })
        .when(move({ port: 'ui' }))
        .answer(),
    ).toEqual([{ resource: 'web', name: 'ui', protocol: 'tcp', from: 30001, to: 30002 }]);
  });

  test('moves all ports to a range, each to a port of its own, and leaves those that are there', () => {
    const run = given({ registry: [...held, allocated(35000, 'web', { name: 'ide' })] }).when(
      move({ range: 'ides' }),
    );
    expect(run.answer().map(({ from, to }) => [from, to])).toEqual([
      [30000, 35001],
      [30001, 35002],
    ]);
  });

  test('to where it is needs no event', () => {
    expect(
      given({ registry: held })
        .when(move({ port: 'api', to: 30000 }))
        .events(),
    ).toEqual([]);
  });

  test('keeps a lease a lease', () => {
    const host = [leased(40000, 'web', NOON + HOUR)];
    expect(given({ host }).when(move({})).placed()).toMatchObject([
      { log: 'host', event: { type: 'port.released', port: 40000 } },
      {
        log: 'host',
        event: { type: 'port.allocated', lease: { expires: new Date(NOON + HOUR).toISOString() } },
      },
    ]);
    expect(
      given({ host })
        .when(move({ to: 30000 }))
        .refusal().code,
    ).toBe('BAD_RANGE');
  });

  test.each([
    [{}, 'BAD_USAGE'],
    [{ port: 'ws' }, 'NOT_HELD'],
    [{ port: 'api', to: 30001 }, 'PORT_TAKEN'],
    [{ port: 'api', to: 8080 }, 'PORT_RESERVED'],
    [{ port: 'api', to: 15000 }, 'OUT_OF_RANGE'],
    [{ port: 'api', range: 'nowhere' }, 'UNKNOWN_RANGE'],
    [{ port: 'api', range: '30001-30001' }, 'RANGE_FULL'],
  ])('%j is refused with %s', (more, code) => {
    expect(given({ registry: held }).when(move(more)).refusal().code).toBe(code);
  });

  test('of an unknown resource is refused', () => {
    expect(given().when(move({})).refusal().code).toBe('UNKNOWN_RESOURCE');
  });
});

describe('describe', () => {
  const tell = (more: object) => (view: Parameters<typeof describePorts>[0]) =>
    describePorts(view, { resource: 'web', ...more });

  test('writes only what differs', () => {
    expect(
      given({ registry: held })
        .when(tell({ owner: 'team-web' }))
        .events(),
    ).toMatchObject([{ name: 'ui', owner: 'team-web' }]);
    expect(
      given({ registry: held })
        .when(tell({ port: 'api', owner: 'team-web', reason: 'front' }))
        .events(),
    ).toEqual([]);
  });

  test('of nothing, nobody or an unknown name is refused', () => {
    expect(given({ registry: held }).when(tell({})).refusal().code).toBe('BAD_USAGE');
    expect(
      given()
        .when(tell({ owner: 'x' }))
        .refusal().code,
    ).toBe('UNKNOWN_RESOURCE');
    expect(
      given({ registry: held })
        .when(tell({ port: 'ws', owner: 'x' }))
        .refusal().code,
    ).toBe('NOT_HELD');
  });
});

describe('renew', () => {
  const again = (ttl?: number) => (view: Parameters<typeof renew>[0]) =>
    renew(view, { resource: 'web', ttl });

  test('gives every lease of the resource its new end, and keeps its owner', () => {
    const owner = { pid: 7, started: '1', boot: 'b', pidns: '4' };
    const host = [leased(40000, 'web', NOON, { lease: { expires: new Date(NOON).toISOString(), owner } })];
    expect(given({ host }).when(again(HOUR)).events()).toMatchObject([
      { type: 'port.renewed', lease: { expires: new Date(NOON + HOUR).toISOString(), owner } },
    ]);
  });

  test('of a claim, of nothing, or for too long is refused', () => {
    expect(given({ registry: held }).when(again()).refusal().code).toBe('NOT_HELD');
    expect(given().when(again()).refusal().code).toBe('UNKNOWN_RESOURCE');
    expect(
      given({ host: [leased(40000, 'web', NOON)] })
        .when(again(30 * 24 * HOUR))
        .refusal().code,
    ).toBe('BAD_TIME');
  });
});
