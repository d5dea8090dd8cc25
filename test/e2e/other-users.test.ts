import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const GROUP = 2_345;
const isRoot = process.getuid?.() === 0;
/** Becoming somebody else takes root. */
const asRoot = isRoot ? testWith('setpriv') : test.skip;

/** Runs the built program as a user of the group, with a home of their own and a strict umask. */
async function as(user: number, path: string, args: string[]) {
  const home = join(path, '..', `home-${user}`);
  mkdirSync(home, { recursive: true });
  chownSync(home, user, GROUP);
  const identity = [`--reuid=${user}`, `--regid=${GROUP}`, '--clear-groups'];
  const env = { PATH: process.env.PATH, HOME: home, GIT_AUTHOR_NAME: `u${user}`, GIT_AUTHOR_EMAIL: 'u@x' };
  const program = [process.execPath, resolve('dist/vports.cjs'), ...args, '--registry', path];
  const command = ['sh', '-c', 'umask 077; exec "$@"', 'sh', ...program];
  return promisify(execFile)('setpriv', [...identity, ...command], { cwd: home, env }).then(
    ({ stdout }) => ({ status: 0, stdout: stdout.trim(), stderr: '' }),
    ({ code, stdout, stderr }) => ({ status: code as number, stdout: stdout.trim(), stderr }),
  );
}

function givenTo(folder: string, group: number, mode: number): void {
  chownSync(folder, 0, group);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    chownSync(path, 0, group);
    chmodSync(path, statSync(path).mode | (entry.isDirectory() ? mode : mode & 0o777 & ~0o111));
  }
  chmodSync(folder, statSync(folder).mode | mode);
}

describe('a registry on a machine of several users', () => {
  asRoot.each([true, false])(
    'is written by all of a group whose repository it is, whatever their umask (bare: %s)',
    async (bare) => {
      const path = await newRegistry({ bare });
      chmodSync(join(path, '..'), 0o755);
      git(path, 'config', 'core.sharedRepository', 'group');
      givenTo(path, GROUP, 0o2070);
      for (let round = 0; round < 4; round++) {
        const both = await Promise.all(
          [1_001, 1_002].map((user) => as(user, path, ['allocate', `s${user}-${round}`])),
        );
        expect(both.map(({ status, stderr }) => [status, stderr])).toEqual([
          [0, ''],
          [0, ''],
        ]);
      }
      expect(git(path, 'rev-list', '--count', 'main')).toBe('9');
      fsck(path);
    },
  );

  asRoot('is read by whoever may read it, with everything that only reads', async () => {
    const path = await newRegistry({ bare: true });
    chmodSync(join(path, '..'), 0o755);
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
    for (const name of ['web', 'api']) await vports(['allocate', name]);
    givenTo(path, 0, 0o055);
    const reads = [
      'log',
      'who 30000',
      'show web',
      'replay',
      'diff HEAD~1',
      'list',
      'get web',
      'ranges',
      'verify',
    ];
    for (const it of reads) {
      const { status, stderr } = await as(1_003, path, it.split(' '));
      expect([it, status, stderr]).toEqual([it, 0, '']);
    }
    const refused = await as(1_003, path, ['allocate', 'x']);
    expect([refused.status, refused.stderr]).toEqual([73, expect.stringContaining('permission denied')]);
  });

  asRoot('says which folders of a tree it may not read: what is in them nobody has looked at', async () => {
    const path = await newRegistry({ bare: true });
    chmodSync(join(path, '..'), 0o755);
    givenTo(path, 0, 0o055);
    const tree = temporaryFolder();
    chmodSync(tree, 0o755);
    put(join(tree, 'web/.env'), 'WEB_PORT=30000\n');
    const hidden = join(tree, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    const imported = await as(1_003, path, ['import', tree, '--dry-run', '--json']);
    expect(JSON.parse(imported.stdout).problems).toMatchObject([
      { file: expect.stringMatching(/hidden$/), code: 'UNREADABLE' },
    ]);
    expect(imported.status).toBe(1);
    for (const args of [
      ['ci', tree],
      ['docs', tree, '--check'],
      ['reconcile', tree],
    ]) {
      const run = await as(1_003, path, args);
      expect([args[0], run.status, run.stdout + run.stderr]).toEqual([
        args[0],
        1,
        expect.stringContaining('may not be read'),
      ]);
    }
  });
});
