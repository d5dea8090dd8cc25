import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git, tryGit } from '../support/git.js';
import { runner } from '../support/program.js';

const FIRST = 'events/tcp/27xxx/276xx/27651/0001.json';

/** A bare registry with the hook as `init --bare` names it, a clone of it, and a machine that knows it by its URL. */
async function gated() {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  const bin = join(folder, 'bin');
  const program = put(
    join(bin, 'vports'),
    `#!/bin/sh\nexec "${process.execPath}" "${resolve('dist/vports.cjs')}" "$@"\n`,
  );
  chmodSync(program, 0o755);
  vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const remote = join(folder, 'ports.git');
  put(join(home, '.vports.json'), JSON.stringify({ registry: `file://${remote}` }));
  const vports = runner(home);
  const made = await vports(['init', '--bare', remote]);
  const line = /^to have every push to it checked: (.*)$/m.exec(made.stderr)?.[1];
  execFileSync('sh', ['-c', line!]);
  await vports(['trust', remote]);
  expect((await vports(['allocate', 'web', '--port', '27651'])).status).toBe(0);
  const clone = join(folder, 'clone');
  git(folder, 'clone', '-q', remote, clone);
  const commit = (message: string) => {
    git(clone, 'add', '-A');
    git(clone, 'commit', '-qm', message);
  };
  return {
    remote,
    clone,
    vports,
    commit,
    push: (...args: string[]) => tryGit(clone, 'push', 'origin', ...args),
  };
}

test('the hook lets what vports writes pass, and what only adds; other branches are their authors’', async () => {
  const { remote, clone, vports, commit, push } = await gated();
  expect((await vports(['allocate', 'api', '--port', '27652'])).stdout).toBe('27652');
  git(clone, 'pull', '-q');
  put(join(clone, 'NOTES'), 'kept by hand\n');
  commit('add notes');
  expect(push('main').status).toBe(0);
  rmSync(join(clone, FIRST));
  commit('a branch may do what it likes');
  expect(push('HEAD:refs/heads/topic').status).toBe(0);
  expect(push('--delete', 'topic').status).toBe(0);
  expect(git(remote, 'log', '-1', '--format=%s', 'main')).toBe('add notes');
  fsck(remote);
});

test.for<[string, string, (at: Awaited<ReturnType<typeof gated>>) => string[]]>([
  [
    'edits an event',
    `EVENT_MODIFIED ${FIRST}`,
    ({ clone, commit }) => {
      const file = join(clone, FIRST);
      writeFileSync(file, readFileSync(file, 'utf8').replace('"web"', '"mine"'));
      commit('take it');
      return ['main'];
    },
  ],
  [
    'removes an event',
    `EVENT_DELETED ${FIRST}`,
    ({ clone, commit }) => {
      rmSync(join(clone, FIRST));
      commit('revert');
      return ['main'];
    },
  ],
  [
    'breaks a rule',
    'PATH_MISMATCH events/tcp/27xxx/276xx/27653/0001.json',
    ({ clone, commit }) => {
      put(join(clone, FIRST.replaceAll('27651', '27653')), readFileSync(join(clone, FIRST), 'utf8'));
      commit('copy');
      return ['main'];
    },
  ],
  [
    'is no fast-forward',
    'HISTORY_REWRITTEN',
    ({ clone, commit }) => {
      git(clone, 'reset', '-q', '--hard', 'HEAD~1');
      put(join(clone, 'NOTES'), 'other\n');
      commit('other');
      return ['--force', 'main'];
    },
  ],
  ['deletes the shared branch', 'HISTORY_REWRITTEN', () => ['--delete', 'main']],
])('a push to the shared branch that %s is refused, and says why', async ([, why, change]) => {
  const all = await gated();
  git(all.remote, 'config', 'receive.denyDeleteCurrent', 'ignore');
  const before = git(all.remote, 'rev-parse', 'main');
  const run = all.push(...change(all));
  expect([run.status, run.output]).toEqual([1, expect.stringContaining(`remote: ${why}`)]);
  expect(git(all.remote, 'rev-parse', 'main')).toBe(before);
});

test('a host whose HEAD names no branch that is there refuses every push, as nothing would be checked', async () => {
  const { remote, push } = await gated();
  git(remote, 'symbolic-ref', 'HEAD', 'refs/heads/master');
  const run = push('HEAD~1:refs/heads/topic');
  expect([run.status, run.output]).toEqual([
    1,
    expect.stringContaining(
      'remote: error: HEAD of this repository is refs/heads/master, which does not exist',
    ),
  ]);
  expect(push('main:master').status).toBe(0);
  expect(push('HEAD~1:refs/heads/topic').status).toBe(0);
});
