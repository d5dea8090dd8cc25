import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { eventFiles, git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** A machine of one user, on which registries are folders. */
function machine(env: Record<string, string> = {}) {
  const home = temporaryFolder();
  const embedded = runner(home, { env });
  const registry = async (name: string) => {
    expect((await embedded(['init', name])).status).toBe(0);
    const path = join(home, name);
    return { path, vports: runner(home, { env: { VPORTS_REGISTRY: path, ...env } }) };
  };
  const kept = () => join(home, '.local/share/vports/registries');
  return { home, embedded, registry, kept };
}

describe('a claim of the embedded registry', () => {
  test('is somebody else’s where another registry is asked: a team’s claim of that name is recorded there', async () => {
    const { embedded, registry } = machine();
    expect((await embedded(['allocate', 'my-resource'])).stdout).toBe('30000');
    const { path, vports } = await registry('team');
    const granted = json(await vports(['allocate', 'my-resource', '--json']));
    expect([granted.ports.main.port, granted.ports.main.created, granted.commits.length]).toEqual([
      30_001,
      true,
      1,
    ]);
    expect(eventFiles(path)).toHaveLength(1);
    expect((await vports(['describe', 'my-resource', '--owner', 'us'])).status).toBe(0);
    expect((await vports(['reassign', 'my-resource'])).status).toBe(0);
    expect((await vports(['release', 'my-resource'])).status).toBe(0);
    for (const args of [
      ['release', 'my-resource', '--strict'],
      ['describe', 'my-resource', '--owner', 'x'],
      ['reassign', 'my-resource'],
      ['get', 'my-resource'],
    ])
      expect([args, (await vports(args)).status]).toEqual([args, 1]);
    expect((await embedded(['get', 'my-resource'])).stdout).toBe('30000');
  });

  test('is no part of what the other registry says of itself', async () => {
    const { embedded, registry } = machine();
    await embedded(['allocate', 'mine']);
    await embedded(['allocate', 'lease', '--ttl', '1h']);
    const { vports } = await registry('team');
    await vports(['allocate', 'web']);
    const { ports } = json(await vports(['list', '--json']));
    const logs = ports.map(({ resource, log }: Record<string, string>) => [resource, log]);
    expect(logs.sort()).toEqual([
      ['lease', 'host'],
      ['mine', 'machine'],
      ['web', 'registry'],
    ]);
    const told = json(await vports(['log', '--json'])).events.map(
      ({ resource }: { resource: string }) => resource,
    );
    expect(told.sort()).toEqual(['lease', 'web']);
    expect((await vports(['log', 'mine'])).stdout).toBe('');
    const held = json(await vports(['ranges', '--json'])).ranges.find(
      ({ id }: { id: string }) => id === 'business',
    );
    expect(held.allocated).toBe(1);
    expect(json(await vports(['who', '30000', '--json'])).warnings[0].code).toBe('HELD_ELSEWHERE');
  });
});

describe('two registries on one machine', () => {
  test('give different numbers, and say so where one is asked for that the other has given', async () => {
    const { registry } = machine();
    const [one, two] = [await registry('one'), await registry('two')];
    expect((await one.vports(['allocate', 'web'])).stdout).toBe('30000');
    expect((await two.vports(['allocate', 'api'])).stdout).toBe('30001');
    expect((await one.vports(['allocate', 'db2'])).stdout).toBe('30002');
    const asked = await two.vports(['allocate', 'other', '--port', 'main=30000', '--json']);
    expect([json(asked).ports.main.port, json(asked).warnings[0].code]).toEqual([30_000, 'HELD_ELSEWHERE']);
    const registered = await two.vports(['register', 'late', '30002', '--json']);
    expect([registered.status, json(registered).warnings[0].code]).toEqual([0, 'HELD_ELSEWHERE']);
    const same = await two.vports(['register', 'web', '30003', '--json']);
    expect(json(same).warnings.map(({ code }: { code: string }) => code)).not.toContain('HELD_ELSEWHERE');
  });

  test('are kept apart by what a run leases too', async () => {
    const leased = async (before: (all: ReturnType<typeof machine>) => Promise<void>) => {
      const all = machine();
      await before(all);
      const two = await all.registry('two');
      const run = await two.vports(['run', '--resource', 'app', 'sh', '-c', 'echo $PORT'], {
        isProcess: true,
      });
      return run.stdout;
    };
    const usual = await leased(async () => undefined);
    expect(usual).toMatch(/^\d+$/);
    const other = await leased(async (all) => {
      const one = await all.registry('one');
      expect((await one.vports(['register', 'web', usual])).status).toBe(0);
    });
    expect(other).toMatch(/^\d+$/);
    expect(other).not.toBe(usual);
  });

  test('grant what the other holds where nothing else is left, with a warning', async () => {
    const { registry } = machine();
    const [one, two] = [await registry('one'), await registry('two')];
    const range = ['policy', 'add-range', 'tiny', '18000-18000', '--title', 'one port'];
    for (const it of [one, two]) expect((await it.vports(range)).status).toBe(0);
    expect((await one.vports(['allocate', 'web', '--range', 'tiny'])).stdout).toBe('18000');
    const run = await two.vports(['allocate', 'api', '--range', 'tiny', '--json']);
    expect([json(run).ports.main.port, json(run).warnings[0].code]).toEqual([18_000, 'HELD_ELSEWHERE']);
  });

  test('do not take each other’s servers for orphans', async () => {
    const { registry } = machine();
    const [one, two] = [await registry('one'), await registry('two')];
    const server = createServer((_, response) => response.end());
    onTestFinished(() => void server.close());
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as { port: number };
    expect((await one.vports(['register', 'web', String(port), '--allow-outside-policy'])).status).toBe(0);
    const killed = await two.vports(['kill', String(port), '--yes', '--json']);
    expect([killed.status, json(killed).error.code, json(killed).error.message]).toEqual([
      1,
      'CONFLICT',
      expect.stringContaining('is held by web in another registry'),
    ]);
    const { drift } = json(await two.vports(['reconcile', '--json']));
    expect(drift.filter((it: { port: number }) => it.port === port)).toEqual([]);
    expect(server.listening).toBe(true);
  });

  test('are kept in a private list without credentials, which doctor tells and trust --remove shortens', async () => {
    const { registry, kept } = machine();
    const [one, two] = [await registry('one'), await registry('two')];
    await one.vports(['allocate', 'web']);
    const [name] = readdirSync(kept());
    expect(statSync(join(kept(), name!)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(join(kept(), name!), 'utf8'))).toMatchObject({
      name: one.path,
      held: { 'tcp/30000': 'web main' },
    });
    expect((await two.vports(['doctor'])).stdout).toContain(one.path);
    expect((await two.vports(['trust', '--remove', one.path])).status).toBe(0);
    expect((await two.vports(['doctor'])).stdout).not.toContain('OTHER_REGISTRIES');
    expect((await two.vports(['allocate', 'api'])).stdout).toBe('30000');
  });

  test('know nothing of each other in CI', async () => {
    const { registry, kept } = machine({ CI: '1' });
    const [one, two] = [await registry('one'), await registry('two')];
    expect((await one.vports(['allocate', 'web'])).stdout).toBe('30000');
    expect((await two.vports(['allocate', 'api'])).stdout).toBe('30000');
    expect(() => readdirSync(kept())).toThrow('ENOENT');
  });

  test('that are two clones of one are one', async () => {
    const { home, registry } = machine();
    const one = await registry('one');
    await one.vports(['allocate', 'web']);
    mkdirSync(join(home, 'copy'));
    git(home, 'clone', '-q', one.path, 'copy');
    const copy = runner(home, { env: { VPORTS_REGISTRY: join(home, 'copy') } });
    const run = await copy(['allocate', 'api', '--json']);
    expect([json(run).ports.main.port, json(run).warnings]).toEqual([30_001, []]);
  });
});
