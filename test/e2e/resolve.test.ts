import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { branchApart } from '../support/apart.js';
import { temporaryFolder } from '../support/folders.js';
import { eventFiles, fsck, git, tryGit } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

/** main gave 26901 to one, the branch to two, with a second port in the same command. */
async function conflicting() {
  const path = await newRegistry({ bare: false });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'before', '--port', '26900']);
  const arrive = await branchApart(path, 'topic', async (copy) => {
    const there = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: copy } });
    await there([
      'allocate',
      'two',
      '--port',
      'api=26901',
      '--port',
      'ui=26902',
      '--owner',
      'team-b',
      '--reason',
      'second',
    ]);
    await there(['describe', 'two', '--port', 'ui', '--owner', 'team-c']);
    await there(['allocate', 'free', '--port', '26905']);
  });
  await vports(['allocate', 'one', '--port', '26901', '--reason', 'first']);
  arrive();
  const show = async (resource: string) => (await vports(['show', resource])).stdout;
  return { path, vports, show };
}

const conflictsAt = (path: string, ...args: string[]) => {
  expect(tryGit(path, ...args).status).not.toBe(0);
  expect(tryGit(path, 'status').output).toMatch(/both added:.*26901/);
};

describe('a conflict is settled by moving who came second, command and all', () => {
  test.each<[string, (path: string) => void, (path: string) => void]>([
    [
      'a merge of main into the branch',
      (path) => {
        git(path, 'switch', '-q', 'topic');
        conflictsAt(path, 'merge', 'main');
      },
      (path) => git(path, 'commit', '-q', '--no-edit'),
    ],
    [
      'a merge of the branch into main',
      (path) => conflictsAt(path, 'merge', 'topic'),
      (path) => git(path, 'commit', '-q', '--no-edit'),
    ],
  ])('%s', async (_, stop, go) => {
    const { path, vports, show } = await conflicting();
    stop(path);
    const run = await vports(['resolve', '--json']);
    expect(run.status).toBe(0);
    const { moved, dropped, others } = JSON.parse(run.stdout);
    expect(moved).toMatchObject([
      { resource: 'two', name: 'api', from: 26901 },
      { resource: 'two', name: 'ui', from: 26902 },
    ]);
    expect(dropped).toHaveLength(3);
    expect(others).toEqual([]);
    go(path);
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect(await show('one')).toBe('main=26901');
    expect(await show('free')).toBe('main=26905');
    expect(await show('two')).toBe(
      moved.map((it: { name: string; to: number }) => `${it.name}=${it.to}`).join('\n'),
    );
    expect((await vports(['verify'])).stdout).toMatch(/^whole/);
    expect(eventFiles(path).filter((file) => file.includes('26902/'))).toEqual([]);
    const ports = JSON.parse((await vports(['list', '--resource', 'two', '--json'])).stdout).ports;
    expect(ports[0]).toMatchObject({ owner: 'team-b', reason: 'second', range: 'security' });
    fsck(path);
  });

  test('a rebase of the branch onto main, which stops and goes on', async () => {
    const { path, vports, show } = await conflicting();
    git(path, 'switch', '-q', 'topic');
    conflictsAt(path, 'rebase', 'main');
    expect((await vports(['resolve'])).status).toBe(0);
    // The branch described a port that has moved: that commit stops as well, and its file goes.
    for (
      let round = 0;
      tryGit(path, '-c', 'core.editor=true', 'rebase', '--continue').status !== 0;
      round++
    ) {
      expect(round).toBeLessThan(3);
      const { dropped } = JSON.parse((await vports(['resolve', '--json'])).stdout);
      expect(dropped).toMatchObject([{ type: 'port.described', resource: 'two' }]);
    }
    expect(await show('one')).toBe('main=26901');
    expect(await show('free')).toBe('main=26905');
    expect(await show('two')).toMatch(/^api=\d+\nui=\d+$/);
    expect(git(path, 'status', '--porcelain')).toBe('');
    expect((await vports(['verify'])).stdout).toMatch(/^whole/);
  });

  test('--keep decides otherwise', async () => {
    const { path, vports, show } = await conflicting();
    conflictsAt(path, 'merge', 'topic');
    expect((await vports(['resolve', '--keep', 'nobody'])).status).toBe(2);
    const { moved } = JSON.parse((await vports(['resolve', '--keep', 'two', '--json'])).stdout);
    expect(moved).toMatchObject([{ resource: 'one', from: 26901 }]);
    git(path, 'commit', '-q', '--no-edit');
    expect(await show('two')).toBe('api=26901\nui=26902');
    expect((await vports(['verify'])).stdout).toMatch(/^whole/);
  });

  test('other conflicted files are left to the user, and named', async () => {
    const { path, vports } = await conflicting();
    for (const branch of ['main', 'topic']) {
      git(path, 'switch', '-q', branch);
      expect((await vports(['policy', 'set', 'lease.default', branch === 'main' ? '3h' : '4h'])).status).toBe(
        0,
      );
    }
    conflictsAt(path, 'merge', 'main');
    const run = await vports(['resolve', '--json']);
    expect(JSON.parse(run.stdout).others).toEqual(['policy.json']);
    expect(run.stderr).toContain('still in conflict: policy.json');
    expect(readFileSync(join(path, 'policy.json'), 'utf8')).toContain('<<<<<<<');
  });
});

test('without a conflict there is nothing to settle', async () => {
  const { vports } = await conflicting();
  const run = await vports(['resolve', '--json']);
  expect(run.status).toBe(2);
  expect(JSON.parse(run.stdout).error.code).toBe('BAD_USAGE');
});
