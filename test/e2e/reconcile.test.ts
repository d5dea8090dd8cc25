import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serve } from '../support/children.js';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { ADA, leased } from '../support/given.js';
import { runner } from '../support/program.js';
import { openLog, placeRegistry } from '../support/registries.js';

async function monorepo() {
  const home = temporaryFolder();
  const tree = join(home, 'tree');
  mkdirSync(tree);
  git(tree, 'init', '-q');
  const registry = join(home, 'ports');
  const vports = runner(home, {
    cwd: tree,
    env: { VPORTS_HOST_LOG: join(home, 'host.git'), VPORTS_REGISTRY: registry },
  });
  expect((await vports(['init', registry])).status).toBe(0);
  const reconcile = async (...args: string[]) => {
    const run = await vports(['reconcile', '--json', ...args]);
    return { ...run, ...(JSON.parse(run.stdout) as { drift: Record<string, unknown>[]; fixed: unknown[] }) };
  };
  const ours = ({ drift }: { drift: Record<string, unknown>[] }) =>
    drift.filter(({ kind, port }) => kind !== 'listening-unrecorded' || port === 26201);
  return { home, tree, registry, vports, reconcile, ours };
}

test('every kind of drift is found with file, line and fix, and what needs no choice is mended', async () => {
  const { home, tree, registry, vports, reconcile, ours } = await monorepo();
  const web = put(
    join(tree, 'web/service.json'),
    '{\n  "name": "web",\n  "ports": {\n    "api": 26210\n  }\n}\n',
  );
  const api = put(
    join(tree, 'deep/api/.vrooli/service.json'),
    '{"service": {"name": "api"},\n "ports": {"main": 26220}}\n',
  );
  await vports(['allocate', 'web', '--dir', 'web']);
  await vports(['reassign', 'web', '--to', '26211', '--no-docs', '--dir', 'web']);
  const yesterday = Date.now() - 86_400_000;
  await placeRegistry(join(home, 'host.git'), { bare: true });
  const log = openLog(join(home, 'host.git'));
  await log.state();
  await log.exclusively(() =>
    log.append({ events: [leased(48911, 'old', yesterday)], by: ADA, at: yesterday }),
  );
  await log.close();
  const server = await serve(26201);

  const told = await reconcile();
  expect(told.status).toBe(1);
  expect(told.fixed).toEqual([]);
  expect(ours(told)).toMatchObject([
    { kind: 'lease-expired', resource: 'old', port: 48911, protocol: 'tcp', fix: 'vports cleanup --fix' },
    {
      kind: 'listening-unrecorded',
      port: 26201,
      actual: expect.stringContaining(`pid ${server.pid}`),
      fix: 'vports register RESOURCE 26201/tcp',
    },
    {
      kind: 'service-json-unrecorded',
      resource: 'api',
      name: 'main',
      file: api,
      line: 2,
      actual: 26220,
      fix: 'vports register api main=26220',
    },
    {
      kind: 'service-json',
      resource: 'web',
      name: 'api',
      file: web,
      line: 4,
      expected: 26211,
      actual: 26210,
    },
    {
      kind: 'readme',
      resource: 'web',
      file: join(tree, 'web/README.md'),
      line: 4,
      expected: 26211,
      actual: 26210,
    },
  ]);
  expect(readFileSync(web, 'utf8')).toContain('26210');

  const fixed = await reconcile('--fix', '--reason', 'monday');
  expect(ours(fixed)).toHaveLength(5);
  expect(fixed.fixed).toHaveLength(4);
  expect(JSON.parse(fixed.stdout)).toMatchObject({
    events: ['events/tcp/26xxx/262xx/26220/0001.json', 'events/tcp/48xxx/489xx/48911/0002.json'],
    documents: expect.arrayContaining([web, join(tree, 'web/README.md')]),
  });
  expect(readFileSync(web, 'utf8')).toBe('{\n  "name": "web",\n  "ports": {\n    "api": 26211\n  }\n}\n');
  expect(ours(await reconcile())).toMatchObject([{ kind: 'listening-unrecorded' }]);
  expect((await vports(['show', 'api'])).stdout).toBe('main=26220');
  for (const log of [registry, join(home, 'host.git')]) fsck(log);
});

test('looks through what git would look through, and follows no link', async () => {
  const { tree, reconcile, ours } = await monorepo();
  const text = '{"name": "x", "ports": {"main": 26230}}';
  for (const place of ['node_modules/x', 'build/x', 'sub/out/x'])
    put(join(tree, place, 'service.json'), text);
  put(join(tree, '.gitignore'), 'build/\n');
  put(join(tree, 'sub/.gitignore'), '/out\n');
  symlinkSync('..', join(tree, 'loop'));
  expect(ours(await reconcile())).toEqual([]);
  expect(ours(await reconcile('build'))).toMatchObject([{ kind: 'service-json-unrecorded', port: 26230 }]);
});

test('a broken service.json is told with its place, and the others are looked at', async () => {
  const { tree, vports, reconcile, ours } = await monorepo();
  put(join(tree, 'a/service.json'), '{"name": "a", "ports": {"main": 26240}');
  put(join(tree, 'b/service.json'), '{"name": "b", "ports": {"__proto__": 26241}}');
  put(join(tree, 'c/service.json'), '{"name": "c", "ports": {"main": 26242}}');
  put(join(tree, 'd/service.json'), '{"name": "d", "ports": {"main": 26243,\n "main": 26244}}');
  execFileSync('mkfifo', [put(join(tree, 'e/x'), '').replace(/x$/, 'service.json')]);
  const run = await reconcile('--fix');
  expect(run.status).toBe(1);
  expect(ours(run).filter(({ kind }) => kind === 'unreadable')).toMatchObject([
    { file: join(tree, 'a/service.json'), line: 1 },
    { file: join(tree, 'b/service.json'), actual: expect.stringContaining('__proto__') },
    { file: join(tree, 'd/service.json'), line: 2, actual: expect.stringContaining('twice') },
    { file: join(tree, 'e/service.json') },
  ]);
  expect(run.fixed).toMatchObject([{ kind: 'service-json-unrecorded', port: 26242 }]);
  const text = (await vports(['reconcile', tree])).stdout;
  expect(text).toContain(`${join(tree, 'd/service.json')}:2: `);
  expect(text).toContain(`${join(tree, 'e/service.json')}: `);
});

test('heeds the .gitignore above the folder that is looked through', async () => {
  const { tree, reconcile, ours } = await monorepo();
  put(join(tree, '.gitignore'), 'build/\n');
  put(join(tree, 'sub/build/service.json'), '{"name": "x", "ports": {"main": 26250}}');
  expect(ours(await reconcile('sub'))).toEqual([]);
});

test('a folder that is none is bad usage', async () => {
  const { tree, vports } = await monorepo();
  put(join(tree, 'file'), '');
  for (const path of ['nowhere', 'file']) expect((await vports(['reconcile', path])).status).toBe(2);
});
