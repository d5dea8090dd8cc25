import { describe, expect, test } from 'vitest';
import type { NewEvent } from '../../../../events/event.js';
import { environmentName } from '../../../../events/names.js';
import type { DeclaredPort } from '../../../../src/documents/declared-ports.js';
import { editReadme } from '../../../../src/documents/formats/readme/readme.js';
import { type Listener, unknownListener } from '../../../../src/host/listener.js';
import { defaultPolicySource } from '../../../../src/policy/default-policy.js';
import { parsePolicy } from '../../../../src/policy/policy-file.js';
import { reconcile, type Seen } from '../../../../src/registry/decide/reconcile.js';
import type { View } from '../../../../src/registry/decide/view.js';
import { allocated, type Given, given, leased, NOON } from '../../../support/given.js';

const HOUR = 3_600_000;
const look = (state: Given, seen: Partial<Seen> = {}) =>
  given(state).when((view: View) =>
    reconcile(view, {
      listeners: [],
      ownerGone: new Set(),
      folders: [],
      unreadable: [],
      numbers: [],
      ...seen,
    }),
  );
const listener = (port: number, more: Partial<Listener> = {}): Listener => ({
  ...unknownListener('tcp', port),
  address: '0.0.0.0',
  pid: 7,
  process: 'node x.js',
  ...more,
});
const told = (name: string, port: number | null, more: Partial<DeclaredPort> = {}): DeclaredPort => ({
  document: 'service-json',
  name,
  port,
  protocol: 'tcp',
  file: '/web/service.json',
  line: 3,
  writable: true,
  ...more,
});
/** As it should be where web holds 30000 under the name that these ports have. */
const folder = (...ports: DeclaredPort[]) => {
  const name = ports[0]?.name ?? 'api';
  const variable = environmentName('web', name);
  return withReadme(editReadme('', [{ name, port: 30000, protocol: 'tcp', variable }]), ...ports);
};
const withReadme = (readme: string | undefined, ...ports: DeclaredPort[]) => ({
  path: '/web',
  resource: 'web',
  ports,
  readme: { path: '/web/README.md', text: readme },
  variables: new Map<string, string>(),
  service: { file: '/web/service.json', line: 2 },
});

describe('what agrees is no drift', () => {
  test('the holder listens, its documents tell its number, its lease has time to go', () => {
    const run = look(
      { registry: [allocated(30000, 'web')], host: [leased(40000, 'e2e', NOON + HOUR)] },
      {
        listeners: [listener(30000, { resource: 'web' }), listener(40000), listener(30000)],
        folders: [
          folder(told('main', 30000), told('main', 30000, { document: 'readme' }), told('spare', null)),
        ],
      },
    );
    expect(run.answer()).toEqual([]);
    expect(run.events()).toEqual([]);
  });

  test('nor is a client, a port outside the ranges, or a value that is no number to write', () => {
    const run = look(
      { registry: [allocated(30000, 'web')] },
      {
        listeners: [listener(35000, { connected: true }), listener(8080)],
        folders: [folder(told('main', null, { writable: false }))],
      },
    );
    expect(run.answer()).toEqual([]);
  });
});

describe('drift on this host is told and left to a person', () => {
  test('somebody listens on a port of the ranges that nobody holds', () => {
    const run = look({}, { listeners: [listener(30000), listener(30001, { resource: 'web' })] });
    expect(run.answer()).toMatchObject([
      {
        kind: 'listening-unrecorded',
        port: 30000,
        resource: null,
        fix: 'vports register RESOURCE 30000/tcp',
        fixable: false,
      },
      { kind: 'listening-unrecorded', port: 30001, resource: 'web', fix: 'vports register web 30001/tcp' },
    ]);
    expect(run.events()).toEqual([]);
  });

  test('a stranger is on a port that is held', () => {
    const run = look(
      { registry: [allocated(30000, 'web')] },
      { listeners: [listener(30000, { resource: 'grafana', evidence: 'it says so' })] },
    );
    expect(run.answer()).toMatchObject([
      {
        kind: 'stranger',
        resource: 'web',
        expected: 'web',
        actual: expect.stringContaining('for grafana: it says so'),
      },
    ]);
  });
});

describe('leases', () => {
  const host = [
    leased(40000, 'old', NOON - 1),
    leased(40001, 'busy', NOON - 1),
    leased(40002, 'gone', NOON + HOUR),
  ];

  test('that are over are released; what still listens is left', () => {
    const state = given({ host, busy: ['tcp/40001'] });
    const ownerGone = new Set([state.view.host.of('gone')[0]!.event]);
    const run = state.when((view) =>
      reconcile(view, { listeners: [], ownerGone, folders: [], unreadable: [], numbers: [] }),
    );
    expect(run.answer()).toMatchObject([
      { kind: 'lease-expired', resource: 'old', fixable: true },
      { kind: 'owner-gone', resource: 'gone', fixable: true },
      { kind: 'lease-expired', resource: 'busy', fixable: false, fix: 'vports cleanup --fix --force busy' },
    ]);
    expect(run.events()).toMatchObject([
      { type: 'port.released', port: 40000 },
      { type: 'port.released', port: 40002 },
    ]);
  });

  test('beside a claim of the same name go; on a port that the registry gave away they are told', () => {
    const run = look({
      registry: [allocated(30000, 'web'), allocated(40005, 'api')],
      host: [leased(40000, 'web', NOON + HOUR), leased(40005, 'e2e', NOON + HOUR)],
    });
    expect(run.answer()).toMatchObject([
      { kind: 'double-name', resource: 'web', port: 40000, expected: 30000, fixable: true },
      { kind: 'double-port', resource: 'e2e', port: 40005, expected: 'api', fixable: false },
    ]);
    expect(run.placed()).toMatchObject([{ log: 'host', event: { type: 'port.released', port: 40000 } }]);
  });
});

test('one name twice in the registry is a choice of a person; the older event answers', () => {
  const run = look({ registry: [allocated(30000, 'web'), allocated(30001, 'web')] });
  expect(run.answer()).toMatchObject([
    {
      kind: 'double-name',
      port: 30001,
      expected: 30000,
      fix: 'vports release web --port 30001/tcp',
      fixable: false,
    },
  ]);
  expect(run.events()).toEqual([]);
});

describe('documents follow the registry', () => {
  const registry: NewEvent[] = [allocated(30000, 'web', { name: 'api' })];

  test.each<[string, DeclaredPort[], object]>([
    [
      'another number',
      [told('api', 30001)],
      { kind: 'service-json', file: '/web/service.json', line: 3, actual: 30001 },
    ],
    ['no number', [told('api', null)], { kind: 'service-json', line: 3, actual: null }],
    ['not even the name', [], { kind: 'service-json', line: 2, actual: null }],
    [
      'another number in the README',
      [told('api', 30000), told('api', 30001, { document: 'readme', file: '/web/README.md', line: 9 })],
      { kind: 'readme', file: '/web/README.md', line: 9, actual: 30001 },
    ],
  ])('%s', (_, ports, expected) => {
    const run = look({ registry }, { folders: [folder(...ports)] });
    expect(run.answer()).toEqual([
      expect.objectContaining({
        ...expected,
        name: 'api',
        expected: 30000,
        fix: 'vports docs /web',
        fixable: true,
      }),
    ]);
    expect(run.events()).toEqual([]);
  });

  test.each<[string, string | undefined, object]>([
    [
      'a row with another URL',
      editReadme('', [{ name: 'api', port: 30000, protocol: 'tcp', variable: 'WEB_API_PORT' }])!.replace(
        'localhost:30000',
        'localhost:1',
      ),
      { line: 4, expected: expect.stringContaining('localhost:30000'), fixable: true },
    ],
    [
      'a block without an end',
      'x\n<!-- vports:start -->\n',
      { line: 2, actual: 'a start marker without an end marker', fixable: false },
    ],
  ])('%s', (_, readme, expected) => {
    const run = look({ registry }, { folders: [withReadme(readme, told('api', 30000))] });
    expect(run.answer()).toMatchObject([{ kind: 'readme', name: null, file: '/web/README.md', ...expected }]);
  });

  test('a README that is missing is none, unless the policy wants one', () => {
    const folders = [withReadme(undefined, told('api', 30000))];
    expect(look({ registry }, { folders }).answer()).toEqual([]);
    const source = { ...JSON.parse(defaultPolicySource()), documents: { readme: 'required' } };
    const policy = parsePolicy(JSON.stringify(source));
    expect(look({ registry, policy }, { folders }).answer()).toMatchObject([
      { kind: 'readme', line: 1, expected: 'a block with its ports', actual: null, fixable: true },
    ]);
  });

  test('a number that nobody holds is put on record', () => {
    const run = look({}, { folders: [folder(told('api', 30000))], listeners: [], reason: 'found' });
    expect(run.answer()).toMatchObject([
      { kind: 'service-json-unrecorded', fix: 'vports register web api=30000', fixable: true },
    ]);
    expect(run.events()).toEqual([
      {
        type: 'port.registered',
        protocol: 'tcp',
        port: 30000,
        resource: 'web',
        name: 'api',
        range: 'business',
        reason: 'found',
      },
    ]);
  });

  test.each<[string, Given]>([
    ['held by another', { registry: [allocated(30000, 'grafana')] }],
    ['leased here', { host: [leased(30000, 'e2e', NOON + HOUR)] }],
    ['under a variable that another has', { registry: [allocated(30005, 'web-api')] }],
  ])('one that is %s is not', (_, state) => {
    const run = look(state, { folders: [folder(told('api', 30000))] });
    expect(run.answer()).toMatchObject([
      { kind: 'service-json-unrecorded', fix: 'vports allocate web --dir /web', fixable: false },
    ]);
    expect(run.events()).toEqual([]);
  });

  test('nor one outside the policy, nor where two files give one name two numbers: that is a choice', () => {
    expect(look({}, { folders: [folder(told('api', 8080))] }).events()).toEqual([]);
    const run = look({}, { folders: [folder(told('api', 30000)), folder(told('api', 30001))] });
    expect(run.events()).toEqual([]);
    expect(run.answer()).toMatchObject([
      { actual: 30000, expected: '/web/service.json:3 says 30001', fixable: false },
      {
        actual: 30001,
        fix: 'vports register web api=30001, or vports register web api=30000',
        fixable: false,
      },
    ]);
  });

  test('a command to paste quotes what a folder is called', () => {
    const odd = { ...folder(told('api', 1)), path: '/a$(touch x)b c' };
    expect(look({ registry }, { folders: [odd] }).answer()[0]!.fix).toBe("vports docs '/a$(touch x)b c'");
    const listeners = [listener(30001, { resource: 'x; touch y #', certain: true })];
    expect(look({}, { listeners }).answer()[0]!.fix).toBe('vports register RESOURCE 30001/tcp');
  });

  test('a document that cannot be read is drift, as nobody knows what it says', () => {
    const unreadable = [{ file: '/web/service.json', line: 3, column: 1, why: 'no JSON' }];
    expect(look({}, { unreadable }).answer()).toMatchObject([
      { kind: 'unreadable', file: '/web/service.json', line: 3 },
    ]);
  });
});

test('a history that cannot be read is told', () => {
  expect(look({ damaged: ['tcp/30000'] }).answer()).toMatchObject([
    { kind: 'damaged', port: 30000, protocol: 'tcp', fixable: false },
  ]);
});
