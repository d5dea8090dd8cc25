import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { undoneCommit } from '../support/interrupted-write.js';
import { runner } from '../support/program.js';
import { newRegistry, placeRegistry } from '../support/registries.js';

const READING = [
  'list',
  'get web',
  'log',
  'who 30000',
  'status',
  'doctor',
  'env web',
  'check 30000',
  'ci',
  'verify',
  'replay',
];

/** Every file of a folder with what is in it. */
function manifest(folder: string): [string, string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name))
    .sort()
    .map((file) => [file, readFileSync(file, 'latin1')]);
}

/**
 * A home with something of the user's in it, and a cloned project whose .vports.json names a git directory in its tree, with a journal
 * that would write the user's files.
 */
async function cloned(prepare: (gitdir: string, victim: string) => void) {
  const home = temporaryFolder();
  const victim = join(home, 'victim');
  put(join(victim, 'precious'), 'mine');
  git(victim, 'init', '-q');
  const project = join(home, 'victim/project');
  const gitdir = join(project, 'reg');
  mkdirSync(project);
  await placeRegistry(gitdir, { bare: true });
  const [head, policy] = [git(gitdir, 'rev-parse', 'HEAD'), git(gitdir, 'rev-parse', 'HEAD:policy.json')];
  put(
    join(gitdir, 'vports/journal.json'),
    JSON.stringify({
      version: 1,
      worktree: '',
      ref: 'refs/heads/main',
      old: head,
      next: head,
      reflog: `${head} ${head} x <x> 0 +0000\tx\n`,
      files: [{ path: 'precious', after: policy }],
    }),
  );
  put(join(project, '.vports.json'), '{"registry": "reg"}');
  prepare(gitdir, victim);
  return { victim, gitdir, vports: runner(join(home, 'user'), { cwd: project }) };
}

const PLACES: [string, (gitdir: string, victim: string) => void][] = [
  [
    'core.worktree of a git directory',
    (gitdir) => {
      git(gitdir, 'config', 'core.bare', 'false');
      git(gitdir, 'config', 'core.worktree', '../..');
    },
  ],
  [
    'a linked work tree that names a place of the user’s',
    (gitdir, victim) => {
      put(join(gitdir, 'worktrees/x/gitdir'), `${join(victim, '.git')}\n`);
      put(join(gitdir, 'worktrees/x/commondir'), '../..\n');
      put(join(gitdir, 'worktrees/x/HEAD'), 'ref: refs/heads/main\n');
      const journal = join(gitdir, 'vports/journal.json');
      put(journal, readFileSync(journal, 'utf8').replace('"worktree":""', '"worktree":"x"'));
    },
  ],
];

describe.each(PLACES)('%s', (_, prepare) => {
  test('has nothing written by who reads a clone, nor outside of it by who writes', async () => {
    const { victim, gitdir, vports } = await cloned(prepare);
    const before = manifest(victim);
    for (const it of READING) await vports(it.split(' '));
    expect(manifest(victim)).toEqual(before);
    await vports(['allocate', 'web']);
    const outside = (files: [string, string][]) => files.filter(([path]) => !path.startsWith(gitdir));
    // The user's own repository is given an id, and its README has the port.
    const own = /README\.md$|\/victim\/\.git\/vports\/project$/;
    expect(outside(manifest(victim)).filter(([path]) => !own.test(path))).toEqual(outside(before));
    expect(readFileSync(join(victim, 'precious'), 'utf8')).toBe('mine');
  });
});

test('a write that was interrupted is reported by readers, and completed by doctor --fix', async () => {
  const path = await newRegistry({ bare: false });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  const old = git(path, 'rev-parse', 'HEAD');
  expect((await vports(['allocate', 'web'])).status).toBe(0);
  const file = git(path, 'diff', '--name-only', old, 'HEAD');
  put(join(path, '.git/vports/journal.json'), JSON.stringify(undoneCommit(path, file)));
  const remote = join(temporaryFolder(), 'remote.git');
  git(path, 'clone', '-q', '--bare', '.', remote);
  git(path, 'remote', 'add', 'origin', remote);
  const before = manifest(path);
  for (const it of ['list', 'status', 'log', 'reconcile', 'allocate more --dry-run']) {
    const { stderr } = await vports(it.split(' '));
    expect(stderr, it).toContain('was interrupted');
    expect(stderr, it).toContain('complete it with `vports doctor --fix`; do not delete index.lock');
  }
  expect(manifest(path)).toEqual(before);
  expect((await vports(['doctor', '--fix'])).stdout).toContain('fixed UNFINISHED_WRITE');
  expect((await vports(['get', 'web'])).stdout).toBe('30000');
  expect(git(path, 'status', '--porcelain')).toBe('');
  rmSync(path, { recursive: true });
});
