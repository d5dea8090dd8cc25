import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../../../events/event.js';
import { sayingOf } from '../../../../src/documents/formats/formats.js';
import { nameEntries } from '../../../../src/documents/tree/name-entries.js';
import { meaningfulFolders } from '../../../../src/documents/tree/names.js';
import type { FoundEntry, NamedEntry, ServiceFile } from '../../../../src/documents/tree/tree-entry.js';
import { defaultPolicySource } from '../../../../src/policy/default-policy.js';
import { isReserved, rangeOf } from '../../../../src/policy/policy.js';
import { parsePolicy } from '../../../../src/policy/policy-file.js';
import { proposedPolicy } from '../../../../src/policy/propose.js';
import { type Imported, importEntries } from '../../../../src/registry/decide/import.js';
import { allocated, given } from '../../../support/given.js';

const entry = (resource: string, port: number | undefined, more: Partial<NamedEntry> = {}): NamedEntry => ({
  file: 'service.json',
  format: 'service-json',
  says: 'list',
  line: 1,
  column: 1,
  protocol: 'tcp',
  side: 'host',
  resource,
  name: 'main',
  knownAs: [resource],
  ...(port === undefined ? {} : { port }),
  ...more,
});

function importing(entries: NamedEntry[], more: { registry?: NewEvent[]; allocate?: boolean } = {}) {
  const spec = given({ registry: more.registry ?? [] }).when((view) =>
    importEntries(view, { entries, allocate: more.allocate }),
  );
  const { events, answer } = spec.decision();
  return {
    events: events.map(({ event }) => event),
    imported: answer.imported.map(({ resource, name, port }) => `${resource} ${name} ${port}`),
    toAllocate: answer.toAllocate.map(({ resource, wish }) => `${resource} ${wish}`),
    skipped: answer.skipped.map(({ why }) => why),
    problems: answer.problems.map(({ code, why }) => `${code}: ${why}`),
  };
}

describe('import', () => {
  test('registers what has a number, with the place it came from, and the exceptions that it needs', () => {
    const { events, imported } = importing([
      entry('web', 25000, { line: 7, owner: 'team-a' }),
      entry('legacy', 8080, { reason: 'since\n2019' }),
      entry('odd', 12000),
    ]);
    expect(imported).toEqual(['web main 25000', 'legacy main 8080', 'odd main 12000']);
    expect(events).toMatchObject([
      {
        type: 'port.registered',
        range: 'monitoring',
        owner: 'team-a',
        reason: 'imported from service.json:7',
      },
      { exception: 'reserved', reason: 'since 2019' },
      { exception: 'outside-range' },
    ]);
  });

  test('never lets one of two win in silence', () => {
    const { problems, events } = importing([
      entry('web', 25000),
      entry('api', 25000, { file: 'b.json' }),
      entry('x', 25001),
      entry('x', 25002, { file: 'b.json' }),
      entry('web-api', 25003),
      entry('web', 25004, { name: 'api' }),
    ]);
    expect(events).toEqual([]);
    expect(problems).toEqual([
      'CONFLICT: api has the same port in b.json:1',
      'CONFLICT: web has the same port in service.json:1',
      'DOUBLE_NAME: the same name has 25002/tcp in b.json:1',
      'DOUBLE_NAME: the same name has 25001/tcp in service.json:1',
      'DOUBLE_VARIABLE: web (api) in service.json:1 would have the same variable',
      'DOUBLE_VARIABLE: web-api in service.json:1 would have the same variable',
    ]);
  });

  test('loses nothing that has no number: it is to allocate, skipped or a problem', () => {
    const { toAllocate, skipped, problems, events } = importing([
      entry('a', undefined, { wish: '15000-19999' }),
      entry('b', undefined),
      entry('c', undefined, { wish: '${service.ports.other.api}' }),
      entry('d', undefined, { wish: '${D_PORT}', format: 'compose' }),
      entry('e', undefined, { wish: '', format: 'csv' }),
      entry('f', undefined, { wish: '70000' }),
      entry('g', undefined, { wish: '-1' }),
      entry('h', undefined, { wish: '{"internal":8080}' }),
      entry('i', undefined, { wish: 'foo:80', format: 'compose' }),
      entry('j', undefined, { wish: '10000-20000', format: 'compose', protocol: 'udp' }),
      entry('k', undefined, { wish: 'dynamic' }),
      entry('l', 5432, { side: 'container', format: 'compose' }),
    ]);
    expect(events).toEqual([]);
    expect(toAllocate).toEqual(['a 15000-19999', 'b auto']);
    expect(skipped).toEqual([
      'a lease, taken when its program runs',
      'inside a container',
      'same value as ${service.ports.other.api}',
      'its number is set elsewhere (${D_PORT})',
      'no number',
    ]);
    expect(problems).toEqual([
      'BAD_PORT: 70000 is not a port',
      'BAD_PORT: -1 is not a port',
      'BAD_PORT: cannot tell the port in: {"internal":8080}',
      'BAD_PORT: foo:80 is not a port',
      'BAD_RANGE: 10000-20000 is more than 1000 ports; reserve them in the policy instead',
    ]);
  });

  test('takes what says the same for one, and what a weaker document says for talk of it', () => {
    const web = entry('web', 25000);
    const { imported, skipped } = importing([
      web,
      entry('web', 25000, { file: 'other/service.json', sameAs: web }),
      entry('web', 25000, { format: 'compose', file: 'compose.yaml', name: 'p80', sameAs: web }),
      entry('api', 25000, { format: 'dotenv', file: 'api/.env', variable: 'WEB_PORT', sameAs: web }),
      entry('smtp', 25, { format: 'dotenv', file: 'api/.env', skipped: 'it is elsewhere' }),
      entry('x', 80, { side: 'container' }),
      entry('y', 40000, { wish: 'dynamic' }),
    ]);
    expect(imported).toEqual(['web main 25000']);
    expect(skipped).toEqual([
      'same port as web in service.json:1',
      'same port as web in service.json:1',
      'same port as web in service.json:1',
      'it is elsewhere',
      'inside a container',
      'a lease, taken when its program runs',
    ]);
  });

  test('is held against the registry, and a second time does nothing', () => {
    const registry = [
      allocated(25000, 'web'),
      allocated(25001, 'api'),
      allocated(25002, 'ui'),
      allocated(25003, 'store'),
    ];
    const { events, skipped, problems } = importing(
      [
        entry('web', 25000),
        entry('store', 25003, { name: 'http' }),
        entry('other', 25001),
        entry('ui', 25009),
        entry('api', undefined, { wish: 'auto' }),
      ],
      { registry },
    );
    expect(events).toEqual([]);
    expect(skipped).toEqual(['it already has 25001/tcp', 'already registered', 'already registered as main']);
    expect(problems).toEqual([
      'PORT_TAKEN: 25001/tcp is held by api',
      'ALREADY_HELD: ui has 25002/tcp in the registry',
    ]);
  });

  test('lists what asks for a port, and gives it one when asked to, in the range it wishes for', () => {
    const entries = [
      entry('web', undefined, { wish: '35000-39999', name: 'ui' }),
      entry('web', undefined, { wish: '${API_PORT}', name: 'api' }),
      entry('web', undefined, { wish: '${service.ports.other.api}', name: 'x' }),
      entry('web', undefined, { wish: 'auto', name: 'ui', line: 9 }),
      entry('told', undefined, { wish: 'auto' }),
      entry('told', 30000, { file: 'b.json' }),
    ];
    const listed = importing(entries);
    expect(listed.toAllocate).toEqual(['web 35000-39999', 'web auto']);
    expect(listed.skipped).toEqual([
      'same value as ${service.ports.other.api}',
      'same as in service.json:1',
      'it has 30000/tcp in b.json:1',
    ]);
    const given = importing(entries, { allocate: true });
    expect(given.toAllocate).toEqual([]);
    // 30000 has been imported a moment ago.
    expect(given.imported).toEqual(['told main 30000', 'web ui 35000', 'web api 30001']);
  });

  test('names what cannot be: names, numbers', () => {
    const { problems } = importing([
      entry('Web App', 25000),
      entry('web', 25001, { name: 'A.b' }),
      entry('web', undefined, { wish: '70000' }),
    ]);
    expect(problems).toEqual([
      'BAD_NAME: "Web App" is not a valid name',
      'BAD_NAME: "A.b" is not a valid name',
      'BAD_PORT: 70000 is not a port',
    ]);
  });

  test('accounts for every entry exactly once', () => {
    const any = fc.record({
      resource: fc.constantFrom('web', 'web-api', 'api', 'Bad Name', 'db'),
      name: fc.constantFrom('main', 'api', 'B'),
      port: fc.option(fc.constantFrom(25000, 25001, 8080, 12000), { nil: undefined }),
      wish: fc.constantFrom('auto', 'dynamic', '15000-19999', '70000', '${X}', '${a.b}'),
      side: fc.constantFrom('host' as const, 'container' as const),
      format: fc.constantFrom('shell', 'service-json', 'compose', 'dotenv'),
      line: fc.nat(9),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), fc.boolean(), (all, allocate) => {
        const entries = all.map(({ port, wish, ...rest }, index) =>
          entry(rest.resource, port, { ...rest, file: `f${index}`, ...(port === undefined && { wish }) }),
        );
        const spec = given({ registry: [allocated(25001, 'api')] }).when((view) =>
          importEntries(view, { entries, allocate }),
        );
        const answer: Imported = spec.decision().answer;
        const files = [answer.imported, answer.toAllocate, answer.skipped, answer.problems].flatMap((items) =>
          items.map(({ file }) => file),
        );
        expect(files.sort()).toEqual(entries.map(({ file }) => file).sort());
      }),
    );
  });
});

describe('names', () => {
  const named = (all: Partial<FoundEntry>[], beside?: ServiceFile) =>
    nameEntries({
      entries: all.map((it) => ({
        file: 'compose.yaml',
        format: 'compose',
        line: 1,
        column: 1,
        protocol: 'tcp',
        side: 'host',
        ...it,
        says: sayingOf(it.format ?? 'compose', it),
      })),
      serviceFileOf: (folder) => (folder === '' ? beside : undefined),
      hasDockerfile: () => false,
      environmentOf: () => undefined,
      namesOf: (folder) => [...meaningfulFolders(folder), 'shop'],
      packageOf: () => undefined,
    }).map(({ resource, name }) => `${resource} ${name}`);

  test('of compose services come from folder, service and variable', () => {
    expect(
      named([
        {
          file: 'resources/questdb/docker/compose.yml',
          resource: 'questdb',
          port: 9010,
          variable: 'QUESTDB_HTTP_PORT',
        },
        {
          file: 'resources/questdb/docker/compose.yml',
          resource: 'questdb',
          port: 8812,
          variable: 'QUESTDB_PG_PORT',
        },
        { file: 'resources/nextcloud/docker/compose.yml', resource: 'collabora', port: 9980 },
        { resource: 'web', port: 8080, inside: 80 },
        { resource: 'web', port: 8443, inside: 443 },
        { resource: 'DB One', port: 5432 },
      ]),
    ).toEqual(['questdb http', 'questdb pg', 'collabora main', 'web p8080', 'web p8443', 'db-one main']);
  });

  test('are those of the service.json beside it, where that knows the variable', () => {
    const beside = { resource: 'web', ports: new Set<number>(), variables: new Map([['API_PORT', 'api']]) };
    expect(
      named(
        [
          { resource: 'app', port: 1, variable: 'API_PORT' },
          { resource: 'app', port: 2 },
          { format: 'dotenv', file: '.env', port: 3, variable: 'API_PORT' },
          { format: 'dotenv', file: '.env', port: 4, variable: 'WEB_UI_PORT' },
          { format: 'dotenv', file: 'tools/mail/.env', port: 5, variable: 'PORT' },
          { format: 'kubernetes', file: 'k.yaml', port: 6, resource: 'Front End', name: 'http' },
          { format: 'shell', file: 'x.sh', port: 7, resource: 'ollama' },
        ],
        beside,
      ),
    ).toEqual(['ollama main', 'web api', 'web p2', 'front-end http', 'web api', 'web ui', 'mail main']);
  });
});

test('a proposed policy is sound, has a place for every port, and sets aside what nobody is in', () => {
  const source = defaultPolicySource();
  const bounds = fc.tuple(fc.integer({ min: 1, max: 65535 }), fc.nat(2000)).map(([from, size]) => ({
    from,
    to: Math.min(from + size, 65535),
  }));
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 65535 }), { maxLength: 30 }),
      fc.array(bounds, { maxLength: 4 }),
      (ports, reserved) => {
        const policy = parsePolicy(proposedPolicy(source, parsePolicy(source), ports, reserved));
        const known = parsePolicy(source);
        for (const port of ports) {
          expect(rangeOf(policy, port), String(port)).toBeDefined();
          if (!rangeOf(known, port)) expect(isReserved(policy, port), String(port)).toBe(false);
        }
        for (const { from, to } of reserved)
          if (!ports.some((port) => port >= from && port <= to)) expect(isReserved(policy, from)).toBe(true);
      },
    ),
  );
});
