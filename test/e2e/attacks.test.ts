import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry, placeRegistry } from '../support/registries.js';

/** A project of somebody's in a home. */
function project(files: Record<string, string> = { 'package.json': '{"name": "web"}' }) {
  const home = temporaryFolder();
  const path = join(home, 'project');
  mkdirSync(path);
  git(path, 'init', '-q');
  for (const [name, text] of Object.entries(files)) put(join(path, name), text);
  return { home, path, vports: runner(home, { cwd: path }) };
}

describe('what would keep a command busy for ever', () => {
  test('a pattern of includeIf in the configuration of a registry', async () => {
    const { path, vports } = project();
    await placeRegistry(join(path, 'reg'), { bare: true });
    appendFileSync(join(path, 'reg/config'), `[includeIf "gitdir:${'**'.repeat(24)}X"]\n\tpath = n\n`);
    put(join(path, '.vports.json'), '{"registry": "reg"}');
    expect((await vports(['list'])).status).toBe(0);
  });

  test.each([
    ['.gitignore', 'a/**/a/**/a/**/a/**/a/**/a/**/b\n'],
    ['.gitignore', `${'a*'.repeat(12)}b\n`],
    [
      '.vports.json',
      JSON.stringify({
        registry: 'embedded',
        ignore: ['a/**/a/**/a/**/a/**/a/**/a/**/b', `${'a*'.repeat(12)}b`],
      }),
    ],
  ])('patterns of a %s: %j', async (name, text) => {
    const { path, vports } = project({ [name]: text });
    mkdirSync(join(path, 'a/'.repeat(120)), { recursive: true });
    put(join(path, 'a'.repeat(200)), '');
    expect((await vports(['ci'])).status).toBe(0);
    expect((await vports(['import', '.', '--dry-run'])).status).toBe(0);
  });

  test('an empty line four hundred thousand times', async () => {
    const { vports } = project({ 'supabase/config.toml': '\n'.repeat(400_000) });
    expect((await vports(['ci'])).status).toBe(0);
  });
});

test.each(['../outside', '.git'])(
  'a linked folder that leads to %s has no new file written into it',
  async (target) => {
    const { home, path, vports } = project();
    mkdirSync(join(home, 'outside'));
    await vports(['allocate', 'web']);
    symlinkSync(target, join(path, 'linked'));
    const written = await vports(['env', '--write', 'linked/.env']);
    expect([written.status, written.stderr]).toEqual([73, expect.stringContaining('link to')]);
    expect(readdirSync(join(home, 'outside'))).toEqual([]);
    expect(existsSync(join(path, '.git/.env'))).toBe(false);
  },
);

test('variables that git sets for the hooks of another repository say nothing of the registry', async () => {
  const home = temporaryFolder();
  const remote = join(home, 'remote.git');
  git(home, 'init', '-q', '--bare', '-b', 'main', remote);
  const registry = join(home, 'registry');
  const plain = runner(home);
  await plain(['init', registry, '--remote', `file://${remote}`]);
  const env = { GIT_QUARANTINE_PATH: '/nowhere', GIT_NAMESPACE: 'other', VPORTS_REGISTRY: registry };
  const vports = runner(home, { env });
  const made = await vports(['allocate', 'web']);
  expect([made.status, made.stderr]).toEqual([0, expect.stringContaining('pushed to')]);
  expect((await vports(['sync'])).status).toBe(0);
});

describe.runIf(process.getuid?.() === 0)('root', () => {
  const USER = 34_567;

  test('makes no registry in the home of another user', async () => {
    const home = temporaryFolder();
    chownSync(home, USER, USER);
    const refused = await runner(home, { env: { SUDO_UID: String(USER) } })(['allocate', 'web']);
    expect([refused.status, refused.stderr]).toEqual([
      73,
      expect.stringContaining('in the home of another user'),
    ]);
    expect(readdirSync(home).filter((it) => it !== '.cache')).toEqual([]);
  });

  test('leaves what it writes to a registry of another user to that user', async () => {
    const path = await newRegistry({ bare: false });
    const owned = [
      path,
      ...readdirSync(path, { recursive: true, encoding: 'utf8' }).map((it) => join(path, it)),
    ];
    for (const it of owned) chownSync(it, USER, USER);
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path, SUDO_UID: String(USER) } });
    await vports(['allocate', 'web']);
    await vports(['release', 'web']);
    const all = readdirSync(path, { recursive: true, encoding: 'utf8' });
    expect(all.filter((it) => statSync(join(path, it)).uid !== USER)).toEqual([]);
  });
});
