import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { canMount } from '../support/needs.js';
import { type Run, runner } from '../support/program.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** A repository called shop at a place, with a port that is leased to its folder. */
async function leased(home: string, folder: string) {
  put(join(folder, 'package.json'), '{"name": "shop"}');
  git(folder, 'init', '-q');
  const vports = runner(home, { cwd: folder });
  const [, port = ''] = /(\d+)/.exec((await vports(['run', '--', 'printenv', 'PORT'])).stdout) ?? [];
  const from = runner(home, { cwd: home });
  const over = async () => json(await from(['cleanup', '--json']));
  return { port, vports, from, over };
}

describe.runIf(process.platform === 'linux')('the lease of a work tree', () => {
  test('of a main one, or of a clone that was deleted with all in it, is over', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'shop');
    const { port, from, over } = await leased(home, folder);
    expect((await over()).released).toEqual([]);
    rmSync(folder, { recursive: true });
    expect((await over()).released).toMatchObject([{ port: Number(port), why: 'folder-gone' }]);
    expect((await from(['cleanup', '--fix'])).status).toBe(0);
    expect(json(await from(['list', '--json'])).ports).toEqual([]);
  });

  test('on which something still listens is kept, and said', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'shop');
    const { port, over } = await leased(home, folder);
    rmSync(folder, { recursive: true });
    const server = createServer().listen(Number(port), '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    expect(await over()).toMatchObject({ released: [], kept: [{ port: Number(port), why: 'folder-gone' }] });
  });

  test('of a locked one is kept while its drive is away', async () => {
    const home = temporaryFolder();
    const main = join(home, 'shop');
    put(join(main, 'package.json'), '{"name": "shop"}');
    git(main, 'init', '-q');
    git(main, 'add', '.');
    git(main, 'commit', '-qm', 'x');
    const tree = join(home, 'drive/login');
    git(main, 'worktree', 'add', '-q', tree);
    await runner(home, { cwd: tree })(['run', '--', 'true']);
    git(main, 'worktree', 'lock', tree);
    rmSync(tree, { recursive: true });
    const from = runner(home, { cwd: home });
    expect(json(await from(['cleanup', '--json'])).released).toEqual([]);
    git(main, 'worktree', 'unlock', tree);
    expect(json(await from(['cleanup', '--json'])).released).toHaveLength(1);
  });

  test.runIf(canMount)(
    'on a drive is kept while that is not mounted, and over when it is and the folder is missing',
    async () => {
      const home = temporaryFolder();
      const drive = join(home, 'drive');
      const image = join(home, 'image');
      mkdirSync(drive);
      execFileSync('truncate', ['-s', '16M', image]);
      execFileSync('mkfs.ext4', ['-q', image]);
      const mount = () => execFileSync('mount', ['-o', 'loop', image, drive]);
      const unmount = () => execFileSync('umount', [drive]);
      try {
        mount();
      } catch {
        // No loop devices here.
        return;
      }
      onTestFinished(() => {
        try {
          unmount();
        } catch {
          // It is unmounted.
        }
      });
      const { over } = await leased(home, join(drive, 'shop'));
      unmount();
      expect((await over()).released).toEqual([]);
      mount();
      expect((await over()).released).toEqual([]);
      rmSync(join(drive, 'shop'), { recursive: true });
    },
  );

  test.runIf(canMount)('is not found gone from another mount namespace', async () => {
    const home = temporaryFolder();
    const folder = join(home, 'shop');
    await leased(home, folder);
    rmSync(folder, { recursive: true });
    const other = execFileSync(
      'unshare',
      ['--mount', process.execPath, 'dist/vports.cjs', 'cleanup', '--json'],
      { encoding: 'utf8', env: { PATH: process.env.PATH, HOME: home } },
    );
    expect(JSON.parse(other).released).toEqual([]);
  });
});
