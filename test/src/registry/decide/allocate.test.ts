import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicySource } from '../../../../src/policy/default-policy.js';
import { parsePolicy } from '../../../../src/policy/policy-file.js';
import { type Allocate, allocate, type PortRequest } from '../../../../src/registry/decide/allocate.js';
import { allocated, given, leased, NOON } from '../../../support/given.js';

const HOUR = 3_600_000;
const want = (name = 'main', more: Partial<PortRequest> = {}): PortRequest => ({
  name,
  protocol: 'tcp',
  ...more,
});
const preferring = (port: number, name = 'main') => want(name, { preferred: { port, source: '--port' } });
const command = (more: Partial<Allocate> = {}) => {
  const full: Allocate = { resource: 'web', wants: [want()], ...more };
  return (view: Parameters<typeof allocate>[0]) => allocate(view, full);
};

describe('the range', () => {
  test.each([
    ['web', 30000],
    ['postgres', 20000],
    ['orders-postgres', 20000],
    ['postgres@branch', 20000],
    ['redis-cache', 21000],
    ['grafana', 25000],
    ['ollama', 32000],
  ])('of %s is found by its name: %i', (resource, port) => {
    expect(given().when(command({ resource })).answer()).toMatchObject([{ port, created: true }]);
  });

  test('that is asked for goes before the usual one', () => {
    expect(
      given()
        .when(command({ range: 'ides' }))
        .answer(),
    ).toMatchObject([{ port: 35000, range: 'ides' }]);
    expect(
      given()
        .when(command({ range: '35100-35200' }))
        .answer(),
    ).toMatchObject([{ port: 35100, range: 'ides' }]);
  });

  test('that service.json wishes for is taken where the policy has it', () => {
    expect(
      given()
        .when(command({ wants: [want('ui', { wish: '35000-39999' })] }))
        .answer(),
    ).toMatchObject([{ port: 35000 }]);
  });

  test('that service.json wishes for outside the policy is a warning, and the usual one is taken', () => {
    const run = given().when(command({ wants: [want('api', { wish: '15000-19999' })] }));
    expect(run.answer()).toMatchObject([{ port: 30000 }]);
    expect(run.warnings()).toEqual(['OUT_OF_RANGE']);
  });

  test.each([
    ['nowhere', 'UNKNOWN_RANGE'],
    ['39000-38000', 'BAD_RANGE'],
    ['1e3-2e3', 'BAD_RANGE'],
    ['0-10', 'BAD_RANGE'],
    ['15000-19999', 'OUT_OF_RANGE'],
    ['49000-50000', 'OUT_OF_RANGE'],
  ])('%s is refused with %s', (range, code) => {
    expect(given().when(command({ range })).refusal().code).toBe(code);
  });

  test('that is set aside is only taken from by name, and says so in the event', () => {
    expect(
      given()
        .when(command({ range: '34000-34010' }))
        .refusal().code,
    ).toBe('PORT_RESERVED');
    expect(
      given()
        .when(command({ range: 'scenarios-reserved' }))
        .events(),
    ).toMatchObject([{ port: 34000, exception: 'reserved' }]);
  });

  test('that spans one set aside passes over it', () => {
    const busy = Array.from({ length: 1000 }, (_, index) => `tcp/${38000 + index}` as const);
    expect(
      given({ busy })
        .when(command({ range: '38000-39999' }))
        .refusal().code,
    ).toBe('RANGE_FULL');
  });

  test('that is full says how large it is and what to do', () => {
    const registry = [allocated(35000, 'a'), allocated(35001, 'b')];
    const error = given({ registry })
      .when(command({ range: '35000-35001' }))
      .refusal();
    expect(error).toMatchObject({
      code: 'RANGE_FULL',
      message: '35000-35001 has no free port among its 2',
      exitCode: 1,
    });
  });
});

describe('the port', () => {
  test('is the lowest that policy, both logs and the host agree on', () => {
    const registry = [allocated(30000, 'a')];
    const host = [leased(30002, 'lease', NOON + HOUR)];
    const run = given({ registry, host, busy: ['tcp/30001'], damaged: ['tcp/30003'] }).when(command());
    expect(run.answer()).toMatchObject([{ port: 30004 }]);
  });

  test('of udp does not mind who holds the same number of tcp', () => {
    const registry = [allocated(30000, 'a')];
    expect(
      given({ registry })
        .when(command({ wants: [want('dns', { protocol: 'udp' })] }))
        .answer(),
    ).toMatchObject([{ port: 30000 }]);
  });

  test('that is preferred is granted if it is free', () => {
    expect(
      given()
        .when(command({ wants: [preferring(25000)] }))
        .events(),
    ).toEqual([
      {
        type: 'port.allocated',
        protocol: 'tcp',
        port: 25000,
        resource: 'web',
        name: 'main',
        range: 'monitoring',
      },
    ]);
  });

  test.each([
    [
      'held in the registry',
      { registry: [allocated(25000, 'grafana')] },
      'PORT_TAKEN',
      /held by grafana since 2026-11-01, by Ada Lovelace/,
    ],
    ['leased here', { host: [leased(25000, 'grafana', NOON + HOUR)] }, 'PORT_TAKEN', /held by grafana/],
    ['bound on this machine', { busy: ['tcp/25000' as const] }, 'PORT_IN_USE', /a process on this machine/],
    ['quarantined', { damaged: ['tcp/25000' as const] }, 'STREAM_DAMAGED', /damaged/],
  ])(
    'that is preferred and %s is said, and another one granted, or nothing under strict',
    (_, state, code, message) => {
      const run = given(state).when(command({ wants: [preferring(25000)] }));
      expect(run.answer()).toMatchObject([{ port: 30000 }]);
      expect(run.warnings()).toEqual([code]);
      const error = given(state)
        .when(command({ wants: [preferring(25000)], strict: true }))
        .refusal();
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
    },
  );

  test.each([
    [8080, 'PORT_RESERVED'],
    [15000, 'OUT_OF_RANGE'],
    [24000, 'PORT_RESERVED'],
    [65000, 'OUT_OF_RANGE'],
  ])('%i is never granted without purpose (%s)', (port, code) => {
    const run = given().when(command({ wants: [preferring(port)] }));
    expect(run.warnings()).toEqual([code]);
    expect(run.answer()).toMatchObject([{ port: 30000 }]);
    expect(
      given()
        .when(command({ wants: [preferring(port)], strict: true }))
        .refusal().code,
    ).toBe(code);
  });

  test('that browsers refuse is passed over', () => {
    const policy = parsePolicy(
      defaultPolicySource().replace('"from": 20000,\n      "to": 20999', '"from": 10080,\n      "to": 10099'),
    );
    expect(
      given({ policy })
        .when(command({ range: 'databases' }))
        .answer(),
    ).toMatchObject([{ port: 10081 }]);
  });
});

describe('what is held already', () => {
  const registry = [allocated(30000, 'web', { range: 'business' })];

  test('is answered again without an event', () => {
    const { events, answer } = given({ registry }).when(command()).decision();
    expect(events).toEqual([]);
    expect(answer).toEqual([
      {
        name: 'main',
        port: 30000,
        protocol: 'tcp',
        range: 'business',
        leased: false,
        lease: null,
        folder: null,
        created: false,
      },
    ]);
  });

  test('is answered with a warning where another port is preferred, and refused under strict', () => {
    const run = given({ registry }).when(command({ wants: [preferring(30005)] }));
    expect(run.answer()).toMatchObject([{ port: 30000, created: false }]);
    expect(run.decision().warnings).toMatchObject([
      { code: 'ALREADY_HELD', hint: '`vports reassign web --port main --to 30005` moves it' },
    ]);
    expect(
      given({ registry })
        .when(command({ wants: [preferring(30005)], strict: true }))
        .refusal().code,
    ).toBe('ALREADY_HELD');
  });

  test('as a claim is answered to who asks for a lease', () => {
    expect(
      given({ registry })
        .when(command({ lease: {} }))
        .answer(),
    ).toMatchObject([{ port: 30000, lease: null }]);
  });

  test('as a lease gives way to a claim, which is granted first', () => {
    const host = [leased(40000, 'web', NOON + HOUR)];
    expect(given({ host }).when(command()).placed()).toMatchObject([
      { log: 'registry', event: { type: 'port.allocated', port: 30000 } },
      { log: 'host', event: { type: 'port.released', port: 40000 } },
    ]);
  });

  test('twice after a merge is answered by the lowest event id', () => {
    const twice = [allocated(30000, 'web'), allocated(30007, 'web')];
    expect(given({ registry: twice }).when(command()).answer()).toMatchObject([{ port: 30000 }]);
  });
});

describe('several ports at once', () => {
  const three = [want('api'), want('ui'), want('ws')];

  test('are consecutive where that is possible', () => {
    const registry = [allocated(30001, 'a')];
    const ports = given({ registry })
      .when(command({ wants: three }))
      .answer();
    expect(ports.map(({ port }) => port)).toEqual([30002, 30003, 30004]);
  });

  test('are the lowest free ones where it is not', () => {
    const registry = [allocated(35001, 'a'), allocated(35003, 'b')];
    const ports = given({ registry })
      .when(command({ wants: three, range: '35000-35004' }))
      .answer();
    expect(ports.map(({ port }) => port)).toEqual([35000, 35002, 35004]);
  });

  test('as a block are consecutive or not granted', () => {
    const registry = [allocated(35001, 'a'), allocated(35003, 'b')];
    const error = given({ registry })
      .when(command({ wants: three, range: '35000-35004', block: true }))
      .refusal();
    expect(error.message).toMatch(/no 3 consecutive free ports/);
  });

  test('do not get one port twice', () => {
    const wants = [preferring(25000, 'api'), preferring(25000, 'ui'), want('ws')];
    const run = given().when(command({ wants }));
    expect(run.answer().map(({ port }) => port)).toEqual([25000, 30000, 30001]);
    expect(run.warnings()).toEqual(['CONFLICT']);
  });

  test('are all granted or none: the last that cannot be had refuses the first too', () => {
    const registry = [allocated(35000, 'a')];
    const wants = [preferring(25000, 'api'), want('ui')];
    expect(
      given({ registry })
        .when(command({ wants, range: '35000-35000' }))
        .refusal().code,
    ).toBe('RANGE_FULL');
  });
});

describe('a lease', () => {
  test('comes from a dynamic range, goes to the host log, and ends', () => {
    const [placed] = given()
      .when(command({ lease: { ttl: 2 * HOUR } }))
      .placed();
    expect(placed).toMatchObject({
      log: 'host',
      event: { range: 'dynamic', lease: { expires: '2026-11-01T14:00:00.000Z' } },
    });
  });

  test('starts its search at a place of its own, so the same name gets the same port again', () => {
    const port = (resource: string) =>
      given()
        .when(command({ resource, lease: {} }))
        .answer()[0]!.port;
    expect(port('web@a')).toBe(port('web@a'));
    expect(new Set(Array.from({ length: 50 }, (_, index) => port(`web@b${index}`))).size).toBeGreaterThan(40);
  });

  test.each([
    ['above it', { from: 32768, to: 49000 }, (port: number) => port > 49000],
    ['below it', { from: 40100, to: 60999 }, (port: number) => port < 40100],
    [
      'everywhere, where the kernel uses all of the range',
      { from: 32768, to: 60999 },
      (port: number) => port >= 40000,
    ],
    [
      'everywhere, where the kernel uses none of it',
      { from: 50000, to: 60999 },
      (port: number) => port >= 40000,
    ],
  ])('lies outside of what the kernel gives to outgoing connections: %s', (_, exposed, isRight) => {
    for (let at = 0; at < 20; at++) {
      const run = given().when(command({ resource: `web@b${at}`, lease: { exposed } }));
      expect(isRight(run.answer()[0]!.port)).toBe(true);
    }
  });

  test('lies inside of that where all else is taken', () => {
    const exposed = { from: 40001, to: 60999 };
    const run = given({ host: [leased(40000, 'api', NOON + HOUR)] }).when(command({ lease: { exposed } }));
    expect(run.answer()[0]!.port).toBeGreaterThan(40000);
  });

  test.each([
    [5 * 60_000, 'BAD_TIME'],
    [8 * 24 * HOUR, 'BAD_TIME'],
  ])('of %i milliseconds is refused', (ttl, code) => {
    expect(
      given()
        .when(command({ lease: { ttl } }))
        .refusal().code,
    ).toBe(code);
  });

  test('from a static range is refused', () => {
    expect(
      given()
        .when(command({ lease: {}, range: 'business' }))
        .refusal().code,
    ).toBe('BAD_RANGE');
  });

  test('with more than half its time to go is answered as it is', () => {
    const host = [leased(40000, 'web', NOON + 7 * HOUR)];
    expect(
      given({ host })
        .when(command({ lease: {} }))
        .events(),
    ).toEqual([]);
  });

  test('with less than half its time to go is renewed', () => {
    const host = [leased(40000, 'web', NOON + HOUR)];
    const run = given({ host }).when(command({ lease: {} }));
    expect(run.events()).toMatchObject([
      { type: 'port.renewed', port: 40000, lease: { expires: '2026-11-01T20:00:00.000Z' } },
    ]);
    expect(run.answer()).toMatchObject([{ port: 40000, created: false, lease: '2026-11-01T20:00:00.000Z' }]);
  });

  test('is renewed for another process, whatever its time, and keeps its process where none is named', () => {
    const owner = (pid: number) => ({ pid, started: '1', boot: 'b', pidns: '4' });
    const lease = (hours: number) => ({
      expires: new Date(NOON + hours * HOUR).toISOString(),
      owner: owner(7),
    });
    const long = given({ host: [leased(40000, 'web', 0, { lease: lease(7) })] });
    expect(long.when(command({ lease: { owner: owner(7) } })).events()).toEqual([]);
    expect(long.when(command({ lease: { owner: owner(8) } })).events()).toMatchObject([
      { type: 'port.renewed', lease: { owner: owner(8) } },
    ]);
    const refused = long.when(command({ lease: { owner: owner(8), liveness: () => 'alive' } })).refusal();
    expect(refused).toMatchObject({
      code: 'CONFLICT',
      message: 'web is leased by process 7, which still runs',
    });
    const short = given({ host: [leased(40000, 'web', 0, { lease: lease(1) })] });
    expect(short.when(command({ lease: {} })).events()).toMatchObject([
      { type: 'port.renewed', lease: { owner: owner(7) } },
    ]);
  });

  test('keeps others out for ten minutes after its end, and then is released to whoever takes its port', () => {
    const host = [leased(40000, 'old', NOON)];
    const taking = command({ wants: [preferring(40000)], lease: {} });
    expect(
      given({ host, now: NOON + 9 * 60_000 })
        .when(taking)
        .warnings(),
    ).toEqual(['PORT_TAKEN']);
    expect(
      given({ host, now: NOON + 11 * 60_000 })
        .when(taking)
        .events(),
    ).toMatchObject([
      { type: 'port.released', resource: 'old' },
      { type: 'port.allocated', resource: 'web' },
    ]);
  });
});

test("a resource's own lapsed lease that becomes its claim is released once", () => {
  const host = [leased(40000, 'web', NOON - HOUR)];
  const wants = [preferring(40000)];
  expect(given({ host }).when(command({ wants })).placed()).toMatchObject([
    { log: 'host', event: { type: 'port.released', port: 40000 } },
    { log: 'registry', event: { type: 'port.allocated', port: 40000 } },
  ]);
});

test('two names of one command that would share a variable are refused', () => {
  expect(
    given()
      .when(command({ wants: [want('a-b'), want('a_b')] }))
      .refusal(),
  ).toMatchObject({
    code: 'CONFLICT',
    details: { variable: 'WEB_A_B_PORT' },
  });
});

test('two resources that would share a variable are refused, with both named', () => {
  const registry = [allocated(30000, 'web-api')];
  const error = given({ registry })
    .when(command({ wants: [want('api')] }))
    .refusal();
  expect(error).toMatchObject({
    code: 'CONFLICT',
    details: { variable: 'WEB_API_PORT', resource: 'web-api' },
  });
});

test('whatever is held, bound or asked for, no port is granted that anything stands against', () => {
  const port = fc.integer({ min: 35000, max: 35030 });
  const state = fc.record({
    held: fc.uniqueArray(port),
    leasedPorts: fc.uniqueArray(port),
    busy: fc.uniqueArray(port),
    names: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(state, fc.boolean(), ({ held, leasedPorts, busy, names }, block) => {
      const registry = held.map((it) => allocated(it, `r${it}`));
      const host = leasedPorts
        .filter((it) => !held.includes(it))
        .map((it) => leased(it, `l${it}`, NOON + HOUR));
      const start = given({ registry, host, busy: busy.map((it) => `tcp/${it}` as const) });
      const wants = Array.from({ length: names }, (_, index) => want(`n${index}`));
      let ports: number[];
      try {
        ports = start
          .when(command({ wants, block, range: '35000-35030' }))
          .answer()
          .map((it) => it.port);
      } catch (error) {
        const free = 31 - new Set([...held, ...leasedPorts, ...busy]).size;
        expect(block || free < names).toBe(true);
        expect(error).toMatchObject({ code: 'RANGE_FULL' });
        return;
      }
      expect(new Set(ports).size).toBe(names);
      for (const it of ports) expect([...held, ...leasedPorts, ...busy]).not.toContain(it);
      if (block) expect(ports).toEqual(ports.map((_, index) => ports[0]! + index));
    }),
  );
});
