import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Registry } from '../../src/registry/registry.js';
import { temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';
import { eventsAt, type Held, heldAfter } from './read-format.js';
import { AUTHOR, FormatWriter, type Said, takeWriterLock } from './write-format.js';

const POLICY = readFileSync('registry-repo/policy.json', 'utf8');
const HOUR = 3_600_000;
const web = { protocol: 'tcp', resource: 'web', name: 'main' } as const;

/** Every type of event, a move, an exception, both protocols, and a port that is held anew. */
const COMMANDS: Said[][] = [
  [{ ...web, type: 'port.allocated', port: 30000, range: 'business', owner: 'team-a', reason: 'déjà vu' }],
  [
    {
      ...web,
      type: 'port.registered',
      port: 53,
      resource: 'dns',
      protocol: 'udp',
      exception: 'outside-range',
    },
  ],
  [
    { ...web, type: 'port.released', port: 30000, to: 30001 },
    { ...web, type: 'port.allocated', port: 30001, range: 'business', from: 30000 },
  ],
  [{ ...web, type: 'port.described', port: 30001, owner: 'team-b' }],
  [
    { ...web, type: 'port.allocated', port: 30000, resource: 'api', range: 'business' },
    { ...web, type: 'port.allocated', port: 30002, resource: 'api', name: 'grpc', range: 'business' },
  ],
  [{ ...web, type: 'port.released', port: 30002, resource: 'api', name: 'grpc', reason: 'not needed' }],
];

function written(path: string): FormatWriter {
  const writer = FormatWriter.create(path, POLICY);
  const begun = Date.now() - 10 * HOUR;
  COMMANDS.forEach((said, index) => void writer.append(said, begun + index * HOUR));
  return writer;
}

const inShort = ({
  port,
  protocol,
  resource,
  name,
  owner,
  since,
  by,
}: Omit<Held, 'event' | 'project' | 'local'>) => [port, protocol, resource, name, owner, since, by];

test('what a writer makes of docs/format.md alone, vports reads, finds whole, and goes on with', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'ports.git');
  const writer = written(path);
  const registry = Registry.open({ path, cwd: folder });
  onTestFinished(() => registry.close());
  expect((await registry.verify()).problems).toEqual([]);
  const held = heldAfter(eventsAt(path, git(path, 'rev-parse', 'main')));
  expect(held.map(({ port }) => port)).toEqual([53, 30000, 30001]);
  expect((await registry.list()).map(inShort)).toEqual(held.map(inShort));
  expect((await registry.replay()).broken).toBeNull();
  await registry.reassign('api', { to: '30005' });
  await registry.release('dns');
  writer.append(
    [{ ...web, type: 'port.allocated', port: 30006, resource: 'late', range: 'business' }],
    Date.now(),
  );
  const after = heldAfter(eventsAt(path, git(path, 'rev-parse', 'main')));
  expect(after.map(({ port }) => port)).toEqual([30001, 30005, 30006]);
  expect((await registry.list()).map(inShort)).toEqual(after.map(inShort));
  expect((await registry.verify()).problems).toEqual([]);
});

test('so it does with the leases of a host log', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'host.git');
  const writer = FormatWriter.create(path, POLICY);
  const [soon, later] = [1, 2].map((hours) => new Date(Date.now() + hours * HOUR).toISOString());
  const owner = { pid: 1, started: '1', boot: '', pidns: '' };
  const lease = { ...web, type: 'port.allocated', range: 'dynamic' } as const;
  writer.append([{ ...lease, port: 40000, lease: { expires: soon, owner } }], Date.now() - HOUR);
  writer.append(
    [{ ...lease, port: 40001, resource: 'api', lease: { expires: null, folder } }],
    Date.now() - HOUR,
  );
  writer.append([{ ...web, type: 'port.renewed', port: 40000, lease: { expires: later } }], Date.now());
  const { stdout } = await runner(folder, { env: { VPORTS_HOST_LOG: path } })(['list', '--json']);
  expect(JSON.parse(stdout).ports).toMatchObject([
    { port: 40000, leased: true, lease: later, folder: null, by: AUTHOR.name },
    { port: 40001, leased: true, lease: null, folder },
  ]);
});

test.skipIf(process.platform !== 'linux')(
  'a lock that another writer makes of the text is waited for, and taken over once its process is gone',
  async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'ports.git');
    written(path);
    const vports = runner(folder, { env: { VPORTS_REGISTRY: path } });
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(other, 'spawn');
    takeWriterLock(path, other.pid!);
    expect(JSON.parse((await vports(['doctor', '--json'])).stdout).findings).toContainEqual(
      expect.objectContaining({
        code: 'WRITING',
        message: expect.stringContaining(`process ${other.pid} holds the lock`),
      }),
    );
    const waiting = vports(['allocate', 'patient']);
    const first = await Promise.race([
      waiting.then(() => 'written'),
      onceWaiting(path).then(() => 'waiting'),
    ]);
    expect(first).toBe('waiting');
    // Nobody who writes to another registry waits with it.
    const beside = runner(folder, {
      env: { VPORTS_REGISTRY: await placeRegistry(join(folder, 'beside'), { bare: true }) },
    });
    expect(await beside(['allocate', 'quick'])).toMatchObject({ status: 0 });
    expect(existsSync(join(path, 'vports/writer.lock'))).toBe(true);
    other.kill('SIGKILL');
    expect(await waiting).toMatchObject({ status: 0 });
  },
);

/** When a second writer has its file beside the lock. */
async function onceWaiting(path: string): Promise<void> {
  const own = () => readdirSync(join(path, 'vports')).filter((it) => /^writer\.[0-9a-f]{24}$/.test(it));
  while (own().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
}
