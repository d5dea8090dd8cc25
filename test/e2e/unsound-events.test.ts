import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventPath } from '../../events/event-path.js';
import { sequence, textsOf } from '../support/any-sequence.js';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const THOROUGH = process.env.VPORTS_TEST_THOROUGH !== undefined;
const REGISTRIES = THOROUGH ? 20 : 1;
const PORTS = THOROUGH ? 500 : 50;

/** A registry with histories of many ports that nobody has looked through. */
async function spoiled(seed: number) {
  const path = await newRegistry({ bare: false });
  for (const [index, steps] of fc.sample(sequence, { numRuns: PORTS, seed }).entries()) {
    const port = 30_000 + index;
    for (const [version, text] of textsOf(steps, port).entries())
      put(join(path, eventPath({ port, protocol: 'tcp' }, version + 1)), text);
  }
  git(path, 'add', '.');
  git(path, 'commit', '-qm', 'import');
  const home = temporaryFolder();
  put(join(home, 'service.json'), '{"name": "web", "ports": {"main": 30000, "ui": 30001}}');
  put(join(home, 'ports.csv'), 'port,resource\n30002,shop\n');
  return { path, vports: runner(home, { env: { VPORTS_REGISTRY: path } }) };
}

const COMMANDS = [
  'list',
  'list --claims --at now',
  'list --leases',
  'list --at HEAD',
  'log',
  'log web',
  'log 30000 --json',
  'who 30000',
  'show web',
  'show web@login',
  'get web',
  'env web api',
  'env',
  'url web',
  'check 30000',
  'check web',
  'check 30049',
  'replay',
  'diff HEAD~1',
  'review HEAD~1',
  'ranges',
  'stats',
  'status',
  'doctor',
  'verify',
  'verify --base HEAD~1',
  'reconcile',
  'cleanup',
  'ci',
  'docs',
  'map --out map.html',
  'port-registry list',
  'port-registry reconcile',
  'port show',
  'exec web -- true',
  'run true',
  'kill 30000 --yes',
  'allocate new',
  'allocate web',
  'allocate lease --ttl 1h',
  'allocate web --port main=30000',
  'allocate late --branch late',
  'register shop 30003',
  'describe web --owner us',
  'renew web',
  'reassign api',
  'release web',
  'release db',
  'import ports.csv',
  'cleanup --fix',
  'reconcile --fix',
  'doctor --fix',
  'undo HEAD',
  'policy set lease.default 3h',
];

describe('events that nobody would have written', () => {
  test.for(Array.from({ length: REGISTRIES }, (_, seed) => seed))(
    'end no command with an error of ours (seed %d)',
    { timeout: 300_000 },
    async (seed) => {
      const { path, vports } = await spoiled(seed);
      for (const it of COMMANDS) {
        const run = await vports(it.split(' '));
        expect([70, null], `${it}: ${run.stderr}`).not.toContain(run.status);
      }
      fsck(path);
    },
  );
});

describe('a lease in a log that others read', () => {
  async function leased() {
    const path = await newRegistry({ bare: false });
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
    const [text] = textsOf(
      [
        {
          type: 'port.allocated',
          resource: 'web',
          name: 'main',
          lease: 'long',
          prev: 'none',
          at: 0,
          moves: false,
          batch: 'none',
        },
      ],
      30_000,
    );
    git(path, 'switch', '-qc', 'proposal');
    put(join(path, eventPath({ port: 30_000, protocol: 'tcp' }, 1)), text!);
    git(path, 'add', '.');
    git(path, 'commit', '-qm', 'a lease');
    return { path, vports };
  }

  test('is refused by the gate', async () => {
    const { vports } = await leased();
    const run = await vports(['verify', '--base', 'main', '--json']);
    const found = JSON.parse(run.stdout).problems.map(({ code, message }: Record<string, string>) => [
      code,
      message,
    ]);
    expect([run.status, found]).toEqual([
      1,
      expect.arrayContaining([['BAD_EVENT', expect.stringContaining('is a lease')]]),
    ]);
  });

  test('is damage where it has come in all the same, and ended by a release, which the gate takes', async () => {
    const { path, vports } = await leased();
    git(path, 'switch', '-q', 'main');
    git(path, 'merge', '-q', '--ff-only', 'proposal');
    expect((await vports(['get', 'web'])).status).toBe(65);
    expect((await vports(['check', '30000'])).stderr).toContain(
      '`vports release web --port 30000/tcp` repairs it',
    );
    expect((await vports(['allocate', 'other'])).stdout).toBe('30001');
    expect((await vports(['verify'])).status).toBe(1);
    expect((await vports(['release', 'web', '--port', '30000/tcp'])).status).toBe(0);
    expect((await vports(['verify'])).status).toBe(0);
    expect((await vports(['verify', '--base', 'HEAD~1'])).status).toBe(0);
    expect((await vports(['replay'])).status).toBe(0);
    expect((await vports(['allocate', 'next'])).stdout).toBe('30000');
  });
});
