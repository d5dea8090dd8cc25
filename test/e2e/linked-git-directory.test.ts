import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';

/** A home with a file of the user's, and a cloned project with a registry in a folder of it, whose git directory has a link. */
async function cloned(link: string, leadsTo: (home: string) => string) {
  const home = temporaryFolder();
  put(join(home, '.bashrc'), 'mine\n');
  put(join(home, 'folder/file'), 'mine\n');
  const project = join(home, 'project');
  mkdirSync(project);
  const gitdir = await placeRegistry(join(project, 'reg'), { bare: true });
  git(gitdir, 'config', 'core.logAllRefUpdates', 'true');
  put(join(project, '.vports.json'), '{"registry": "reg"}');
  const path = join(gitdir, link);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { recursive: true, force: true });
  symlinkSync(leadsTo(home), path);
  return { home, gitdir, vports: runner(join(home, 'user'), { cwd: project }) };
}

describe.each([
  ['logs/refs/heads/main', '.bashrc'],
  ['logs', 'folder'],
  ['logs/HEAD', '.bashrc'],
  ['vports', 'folder'],
  ['vports/locks', 'folder'],
  ['vports/cache', 'folder'],
  ['refs/vports', 'folder'],
  ['refs/heads/other', 'nowhere'],
  ['objects/pack', 'folder'],
  ['worktrees', 'folder'],
])('a link at %s of a git directory', (link, target) => {
  test('is named by who writes, left alone by who reads, and nothing comes to where it leads', async () => {
    const { home, vports } = await cloned(link, (it) => join(it, target));
    expect((await vports(['list'])).status).toBe(0);
    const written = await vports(['allocate', 'web']);
    expect(written.status).toBe(78);
    expect(written.stderr).toContain(`reg/${link} is a symbolic link; vports does not write through links`);
    expect(readFileSync(join(home, '.bashrc'), 'utf8')).toBe('mine\n');
    expect(readFileSync(join(home, 'folder/file'), 'utf8')).toBe('mine\n');
    expect(existsSync(join(home, 'nowhere'))).toBe(false);
  });
});

test.each(['refs', 'objects'])(
  'a git directory whose %s are those of another is read, and not written to',
  async (part) => {
    const { home, gitdir, vports } = await cloned('unused', (it) => it);
    rmSync(join(gitdir, 'unused'));
    renameSync(join(gitdir, part), join(home, part));
    symlinkSync(join(home, part), join(gitdir, part));
    expect((await vports(['list'])).status).toBe(0);
    const written = await vports(['allocate', 'web']);
    expect(written.status).toBe(78);
    expect(written.stderr).toContain(`reg/${part} is a symbolic link`);
  },
);
