import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventPath } from '../../events/event-path.js';
import { temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner, startCommand } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

/** A registry with two events. */
async function registry() {
  const path = await newRegistry({ bare: true });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  for (const name of ['web', 'api']) expect((await vports(['allocate', name])).status).toBe(0);
  return path;
}

/** `verify` as a process of its own, which has to end. */
function verify(path: string, ...args: string[]) {
  const home = temporaryFolder();
  const program = [resolve('dist/vports.cjs'), 'verify', '--registry', path, ...args];
  return startCommand(process.execPath, program, { cwd: home, env: { PATH: process.env.PATH, HOME: home } });
}

describe.each([
  ['blob:none', { tags: [] }],
  ['tree:0', { tags: ['slow'] }],
])('a clone that was made with --filter=%s', (filter, options) => {
  async function partial() {
    const origin = await registry();
    git(origin, 'config', 'uploadpack.allowFilter', 'true');
    git(origin, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
    const folder = temporaryFolder();
    git(folder, 'clone', '-q', '--no-checkout', `--filter=${filter}`, `file://${origin}`, 'part');
    return join(folder, 'part');
  }

  test(
    'and lacks what is asked for is refused by name, and read once git has fetched that',
    options,
    async () => {
      const path = await partial();
      const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
      for (const it of [
        'list',
        'get web',
        'env web',
        'log',
        'who 30000',
        'check 30000',
        'verify',
        'replay',
        'diff HEAD~1',
        'stats',
        'allocate x',
      ]) {
        const run = await vports(it.split(' '));
        expect([it, run.status, run.stderr]).toEqual([
          it,
          78,
          expect.stringMatching(/is a partial clone without object [0-9a-f]{40}/),
        ]);
      }
      expect((await verify(path)).status).toBe(78);
      expect((await verify(path, '--base', 'HEAD~1')).status).toBe(78);
      git(path, 'fetch', '-q', '--refetch', '--no-filter');
      expect((await vports(['get', 'web'])).stdout).toBe('30000');
      expect((await verify(path)).status).toBe(0);
    },
  );
});

test('verify of a damaged object says so, and ends', async () => {
  const path = await registry();
  const oid = git(path, 'rev-parse', `HEAD:${eventPath({ port: 30_000, protocol: 'tcp' }, 1)}`);
  const object = join(path, 'objects', oid.slice(0, 2), oid.slice(2));
  chmodSync(object, 0o600);
  writeFileSync(object, 'x');
  const run = await verify(path);
  expect([run.status, run.stderr]).toEqual([65, expect.stringContaining(oid)]);
});
