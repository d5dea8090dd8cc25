import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

/** A project without a service.json, whose .env has the block of `env --write`. */
async function project() {
  const home = temporaryFolder();
  const cwd = join(home, 'shop');
  put(join(cwd, 'package.json'), '{"name": "shop"}');
  put(join(cwd, '.gitignore'), '.env\n');
  git(cwd, 'init', '-q');
  return { cwd, vports: runner(home, { cwd }) };
}

test('every write names the env files whose block has other ports than the registry by then', async () => {
  const { cwd, vports } = await project();
  await vports(['allocate', '--port', 'main', '--port', 'api']);
  expect((await vports(['env', '--write', '.env'])).status).toBe(0);
  const note = 'note: .env has other ports than the registry now: `vports env --write .env`';
  for (const args of [
    ['reassign', 'shop', '--port', 'api', '--to', '30010'],
    ['allocate', '--port', 'queue'],
    ['release', 'shop', '--port', 'queue'],
  ]) {
    expect((await vports(args)).stderr).toContain(note);
    await vports(['env', '--write', '.env']);
  }
  put(join(cwd, '.env.local'), 'SHOP_PORT=30000\n');
  for (const args of [
    ['describe', 'shop', '--owner', 'team-a'],
    ['allocate', 'other'],
    ['release', 'other'],
  ])
    expect((await vports(args)).stderr).not.toContain('has other ports');
});

test('a claim that takes the place of a lease names the port that it leaves', async () => {
  const { vports } = await project();
  await vports(['run', 'true']);
  const [{ port }] = JSON.parse((await vports(['list', '--leases', '--json'])).stdout).ports;
  const run = await vports(['allocate', 'shop']);
  expect(run.stderr).toContain(`note: ${port}/tcp, leased until now, is free again`);
});

test('who says of a reserved port what check says', async () => {
  const { vports } = await project();
  await vports(['allocate']);
  expect((await vports(['who', '8443'])).stdout).toBe('8443/tcp is held by nobody; the policy reserves it');
  expect((await vports(['check', '8443'])).stdout).toBe('reserved');
});

test('review of a branch as if it were the base says how to review it', async () => {
  const path = await newRegistry({ bare: false });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'web', '--branch', 'topic']);
  const run = await vports(['review', 'topic']);
  expect([run.status, run.stdout]).toEqual([
    0,
    'no port changes\nnote: topic has commits that main lacks; to review those: `vports review main topic`',
  ]);
  expect((await vports(['review', 'main', 'topic'])).stdout).not.toContain('note:');
});

test('reassign --port NAME=NUMBER, as other commands write a new number, names the command that moves it', async () => {
  const { vports } = await project();
  await vports(['allocate', '--port', 'main', '--port', 'api']);
  const run = await vports(['reassign', 'shop', '--port', 'api=30010']);
  expect(run.stderr).toContain('to move it there: `vports reassign shop --port api --to 30010`');
  expect((await vports(['reassign', 'shop', '--port', 'api=30001', '--to', '30010'])).stdout).toBe('30010');
});
