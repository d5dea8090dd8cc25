import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { newRegistry } from '../support/registries.js';

const DIST = resolve('dist');

/** A process of its own, with nothing of this one's environment. */
function run(
  args: string[],
  env: Record<string, string>,
  { program = join(DIST, 'vports.cjs'), shell = '', cwd = '/' } = {},
) {
  const command = [process.execPath, program, ...args];
  const own = shell === '' ? command : ['sh', '-c', `${shell}; exec "$@"`, 'sh', ...command];
  return spawnSync(own[0]!, own.slice(1), {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env.PATH!, ...AUTHOR, ...env },
  });
}

const AUTHOR = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' };

describe('without git', () => {
  const bin = () => {
    const folder = temporaryFolder();
    symlinkSync(process.execPath, join(folder, 'node'));
    return folder;
  };

  test('a checked-out registry is written, verified and read at an older commit, and its index is left as git leaves it', async () => {
    const path = await newRegistry({ bare: false });
    const env = { PATH: bin(), HOME: temporaryFolder(), VPORTS_REGISTRY: path };
    expect(run(['allocate', 'web'], env).stdout).toBe('30000\n');
    expect(run(['verify'], env)).toMatchObject({ status: 0, stdout: 'OK: 1 event, 1 port, 2 commits\n' });
    expect(run(['list', '--at', 'HEAD~1', '--format', 'json'], env).stdout.trim()).toContain('"ports": []');
    expect(run(['doctor'], env).status).toBe(0);
    expect(statSync(join(path, '.git/index')).mode & 0o777).toBe(0o644);
    expect(git(path, 'status', '--porcelain')).toBe('');
  });

  test('the gate says that it needs git', async () => {
    const path = await newRegistry({ bare: true });
    const env = { PATH: bin(), HOME: temporaryFolder(), VPORTS_REGISTRY: path };
    run(['allocate', 'web'], env);
    const gate = run(['verify', '--base', 'HEAD~1'], env);
    expect([gate.status, gate.stderr]).toEqual([78, expect.stringContaining('git is not on the PATH')]);
  });
});

test('a bundle that was moved away from the package makes registries all the same', () => {
  const folder = temporaryFolder();
  cpSync(DIST, join(folder, 'moved'), { recursive: true });
  const program = join(folder, 'moved/vports.cjs');
  const env = { HOME: join(folder, 'home') };
  expect(run(['init', join(folder, 'ports')], env, { program }).status).toBe(0);
  const files = readdirSync(join(folder, 'ports'), { recursive: true, encoding: 'utf8' }).filter(
    (it) => !it.startsWith('.git/') && it !== '.git',
  );
  expect(files).toContain('policy.json');
  expect(run(['allocate', 'web', '--registry', join(folder, 'ports')], env, { program }).stdout).toBe(
    '30000\n',
  );
});

test('a package of which a part is missing says so, with a code', () => {
  const folder = temporaryFolder();
  cpSync(DIST, join(folder, 'moved'), { recursive: true });
  const program = join(folder, 'moved/vports.cjs');
  const env = { HOME: join(folder, 'home') };
  const failed = run(['map', '--json'], env, { program, cwd: folder });
  expect([failed.status, JSON.parse(failed.stdout).error.code]).toEqual([78, 'INCOMPLETE_PACKAGE']);
});

test.runIf(process.platform !== 'win32').each([20, 24, 28, 32, 40])(
  'with %i files open at most nothing is a defect',
  async (limit) => {
    const path = await newRegistry({ bare: false });
    const env = { HOME: temporaryFolder(), VPORTS_REGISTRY: path };
    for (const args of [['list'], ['allocate', 'web'], ['verify'], ['doctor'], ['review', 'HEAD']]) {
      const { status, stderr } = run(args, env, { shell: `ulimit -n ${limit}` });
      expect([status === 70, stderr]).toEqual([false, expect.not.stringContaining('has a defect')]);
    }
    expect(run(['verify'], env).status).toBe(0);
  },
);

describe.runIf(process.getuid?.() === 0)('a uid that has no home', () => {
  const as = (uid: number, args: string[], env: Record<string, string>) => {
    const own = [
      '--reuid',
      String(uid),
      '--regid',
      String(uid),
      '--clear-groups',
      process.execPath,
      join(DIST, 'vports.cjs'),
      ...args,
    ];
    return spawnSync('setpriv', own, {
      cwd: '/',
      encoding: 'utf8',
      env: { PATH: process.env.PATH!, ...AUTHOR, ...env },
    });
  };

  test('but HOME=/, as containers have it, works in a folder of its own', () => {
    const folder = temporaryFolder();
    chmodSync(dirname(folder), 0o755);
    chmodSync(folder, 0o777);
    const env = { HOME: '/', TMPDIR: folder };
    expect(as(45_678, ['allocate', 'web'], env)).toMatchObject({ status: 0, stdout: '30000\n' });
    expect(as(45_678, ['get', 'web'], env)).toMatchObject({ status: 0, stdout: '30000\n' });
    expect(readdirSync(folder)).toEqual(['vports-45678']);
  });
});

test('files of a file system without modes are warned about, with the setting that helps', async () => {
  const path = await newRegistry({ bare: false });
  chmodSync(join(path, 'policy.json'), 0o755);
  const env = { HOME: temporaryFolder(), VPORTS_REGISTRY: path };
  expect(run(['doctor'], env).stdout).toContain('config core.fileMode false');
  git(path, 'config', 'core.fileMode', 'false');
  expect(run(['doctor'], env).stdout).not.toContain('core.fileMode');
});

test('a rebase under way is no detached HEAD, and a name that is no UTF-8 is said to be that', async () => {
  const path = await newRegistry({ bare: false });
  const env = { HOME: temporaryFolder(), VPORTS_REGISTRY: path };
  put(join(path, '.git/rebase-merge/head-name'), 'refs/heads/main\n');
  writeFileSync(join(path, '.git/HEAD'), `${git(path, 'rev-parse', 'HEAD')}\n`);
  const refused = run(['allocate', 'web'], env);
  expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('a rebase is in progress')]);
  expect(run(['doctor'], env).stdout).not.toContain('DETACHED_HEAD');
  const odd = join(temporaryFolder(), 'ports-\ufffd');
  expect(run(['list', '--registry', odd], env).stderr).toContain('its name is not UTF-8');
});

test('a line of the user’s configuration that git cannot read is named, and no remote is blamed', async () => {
  const home = temporaryFolder();
  const remote = join(home, 'remote.git');
  git(home, 'init', '-q', '--bare', '-b', 'main', remote);
  const env = { HOME: home, VPORTS_REGISTRY: join(home, 'ports') };
  expect(run(['init', join(home, 'ports'), '--remote', `file://${remote}`], env).status).toBe(0);
  mkdirSync(join(home, '.config'), { recursive: true });
  writeFileSync(join(home, '.gitconfig'), '[user\nname = x\n');
  const synced = run(['sync'], env);
  expect([synced.status, synced.stderr]).toEqual([
    78,
    expect.stringMatching(/cannot read its configuration: .*bad config line 1/),
  ]);
});
