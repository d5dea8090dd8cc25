import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { branchApart } from '../support/apart.js';
import { put, temporaryFolder } from '../support/folders.js';
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

test('a dry run tells who would move and changes nothing; a reason is that of the move', {
  tags: ['slow'],
}, async () => {
  const { path, vports } = await conflicting();
  conflictsAt(path, 'merge', 'topic');
  const before = git(path, 'status', '--porcelain');
  const told = JSON.parse((await vports(['resolve', '--dry-run', '--json'])).stdout);
  expect(told).toMatchObject({
    moved: [{ resource: 'two' }, { resource: 'two' }],
    dryRun: true,
    documents: [],
  });
  expect(git(path, 'status', '--porcelain')).toBe(before);
  const dry = await vports(['resolve', '--dry-run']);
  expect(dry.stdout).toMatch(/^two \(api\) would move from 26901 to/);
  expect(dry.stderr).toContain('dry run: would drop');
  const run = JSON.parse((await vports(['resolve', '--reason', 'one came first', '--json'])).stdout);
  expect(run.moved).toEqual(told.moved);
  git(path, 'commit', '-q', '--no-edit');
  const { ports } = JSON.parse((await vports(['list', '--resource', 'two', '--json'])).stdout);
  expect(ports[0].reason).toBe('one came first');
});

test('a dry run of a branch leaves it where it was', async () => {
  const { path, vports } = await conflicting();
  const before = git(path, 'rev-parse', 'topic');
  const told = await vports(['resolve', '--branch', 'topic', '--dry-run', '--json']);
  expect(JSON.parse(told.stdout)).toMatchObject({ moved: [{ from: 26901 }, { from: 26902 }], commit: null });
  expect(git(path, 'rev-parse', 'topic')).toBe(before);
});

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
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
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
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
  });

  test('--keep decides otherwise', async () => {
    const { path, vports, show } = await conflicting();
    conflictsAt(path, 'merge', 'topic');
    expect((await vports(['resolve', '--keep', 'nobody'])).status).toBe(2);
    const { moved } = JSON.parse((await vports(['resolve', '--keep', 'two', '--json'])).stdout);
    expect(moved).toMatchObject([{ resource: 'one', from: 26901 }]);
    git(path, 'commit', '-q', '--no-edit');
    expect(await show('two')).toBe('api=26901\nui=26902');
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
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

describe('policy.json is settled key by key', () => {
  test('in a checkout and on a branch: what main changed and what the branch changed', async () => {
    for (const isCheckedOut of [true, false]) {
      const { path, vports } = await conflicting();
      git(path, 'switch', '-q', 'topic');
      await vports(['policy', 'set', 'lease.max', '9d']);
      git(path, 'switch', '-q', 'main');
      await vports(['policy', 'set', 'lease.default', '3h']);
      if (isCheckedOut) {
        git(path, 'switch', '-q', 'topic');
        conflictsAt(path, 'merge', 'main');
        const run = await vports(['resolve', '--json']);
        expect(JSON.parse(run.stdout)).toMatchObject({ others: [] });
        git(path, 'commit', '-q', '--no-edit');
      } else expect((await vports(['resolve', '--branch', 'topic'])).status).toBe(0);
      const policy = JSON.parse(git(path, 'show', 'topic:policy.json'));
      expect(policy.lease).toEqual({ default: '3h', max: '9d' });
      expect((await vports(['verify', '--base', 'main', '--at', 'topic'])).stdout).toMatch(/^OK: /);
    }
  });
});

describe('documents follow who has moved', () => {
  test('in a monorepo they are part of the merge, all but those with changes of the user', {
    tags: ['slow'],
  }, async () => {
    const root = temporaryFolder();
    git(root, 'init', '-q', '-b', 'main');
    for (const name of ['one', 'two', 'three'])
      put(join(root, `services/${name}/service.json`), `{ "name": "${name}", "ports": {\n  "main": 0\n} }\n`);
    git(root, 'add', '.');
    git(root, 'commit', '-qm', 'services');
    const vports = runner(temporaryFolder(), { cwd: root });
    await vports(['init', '--in-repo']);
    const allocate = (name: string, at: string, port: string) =>
      runner(temporaryFolder(), { cwd: at })([
        'allocate',
        name,
        '--port',
        port,
        '--dir',
        join(at, 'services', name),
      ]);
    const arrive = await branchApart(root, 'topic', async (copy) => {
      await allocate('two', copy, '26911');
      await allocate('three', copy, '26912');
    });
    await allocate('one', root, '26911');
    await vports(['allocate', 'other', '--port', '26912']);
    arrive();
    git(root, 'switch', '-q', 'topic');
    expect(tryGit(root, 'merge', 'main').status).toBe(1);
    const mine = join(root, 'services/three/service.json');
    put(mine, readFileSync(mine, 'utf8').replace('"name"', '"mine": 1, "name"'));
    const run = await vports(['resolve', '--registry', 'ports', '--json']);
    const { moved, documents, warnings } = JSON.parse(run.stdout);
    expect(moved).toMatchObject([
      { resource: 'two', from: 26911 },
      { resource: 'three', from: 26912 },
    ]);
    expect(documents).toHaveLength(4);
    expect(warnings).toMatchObject([{ code: 'DOCUMENT_NOT_STAGED' }]);
    git(root, 'commit', '-q', '--no-edit');
    expect(git(root, 'show', 'HEAD:services/two/service.json')).toContain(`"main": ${moved[0].to}`);
    expect(git(root, 'show', 'HEAD:services/two/README.md')).toContain(`localhost:${moved[0].to}`);
    expect(git(root, 'show', 'HEAD:services/one/service.json')).toContain('"main": 26911');
    expect(git(root, 'status', '--porcelain')).toBe(' M services/three/service.json');
    expect(readFileSync(mine, 'utf8')).toContain(`"main": ${moved[1].to}`);
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
    fsck(root);
  });

  test('elsewhere it is the folder one is in', async () => {
    const { path, vports } = await conflicting();
    git(path, 'switch', '-q', 'topic');
    conflictsAt(path, 'merge', 'main');
    const folder = temporaryFolder();
    const file = put(join(folder, 'service.json'), '{ "name": "two", "ports": { "api": 26901 } }\n');
    const { moved, documents } = JSON.parse((await vports(['resolve', '--json'], { cwd: folder })).stdout);
    expect(documents).toContain(file);
    expect(readFileSync(file, 'utf8')).toContain(`"api": ${moved[0].to}`);
  });
});

describe('--branch merges what all share into a branch that nobody has checked out', () => {
  test('and moves who came second, to what no other open branch wants', async () => {
    const { path, vports } = await conflicting();
    await vports(['allocate', 'third', '--port', '26000', '--port', 'ui=26001', '--branch', 'other']);
    const before = git(path, 'status', '--porcelain');
    const run = await vports(['resolve', '--branch', 'topic', '--json']);
    const { moved, commit } = JSON.parse(run.stdout);
    expect(moved).toMatchObject([
      { resource: 'two', name: 'api', from: 26901 },
      { resource: 'two', name: 'ui', from: 26902 },
    ]);
    expect(moved.map(({ to }: { to: number }) => to)).toEqual([26002, 26003]);
    expect(git(path, 'rev-parse', 'topic', 'topic^2')).toBe(`${commit}\n${git(path, 'rev-parse', 'main')}`);
    expect(git(path, 'status', '--porcelain')).toBe(before);
    git(path, 'switch', '-q', 'topic');
    expect((await vports(['verify', '--base', 'main'])).stdout).toMatch(/^OK: /);
    expect((await vports(['show', 'two'])).stdout).toBe(
      moved.map((it: { name: string; to: number }) => `${it.name}=${it.to}`).join('\n'),
    );
    git(path, 'switch', '-q', 'main');
    git(path, 'merge', '-q', '--ff-only', 'topic');
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
    expect((await vports(['resolve', '--branch', 'topic'])).status).toBe(2);
    fsck(path);
  });

  test('and releases a port that the branch gave to a name, where main has given it one by now', async () => {
    const { path, vports } = await conflicting();
    await vports(['allocate', 'twice', '--port', '26950', '--branch', 'topic']);
    await vports(['allocate', 'twice', '--port', '26951']);
    const { moved } = JSON.parse((await vports(['resolve', '--branch', 'topic', '--json'])).stdout);
    expect(moved).toContainEqual(expect.objectContaining({ resource: 'twice', from: 26950, to: 26951 }));
    git(path, 'switch', '-q', 'topic');
    expect((await vports(['get', 'twice'])).stdout).toBe('26951');
    expect((await vports(['verify', '--base', 'main'])).stdout).toMatch(/^OK: /);
  });

  test('but not where two names would share a variable', async () => {
    const { path, vports } = await conflicting();
    await vports(['allocate', 'shop-web', '--port', '26950', '--branch', 'topic']);
    await vports(['allocate', 'shop', '--port', 'web=26951']);
    const before = git(path, 'rev-parse', 'topic');
    const { error } = JSON.parse((await vports(['resolve', '--branch', 'topic', '--json'])).stdout);
    expect(error).toMatchObject({ code: 'CONFLICT', details: { code: 'DOUBLE_VARIABLE' } });
    expect(git(path, 'rev-parse', 'topic')).toBe(before);
  });

  test.each<[string, (path: string) => void, string[], string]>([
    ['is checked out', (path) => void git(path, 'switch', '-q', 'topic'), ['topic'], 'CONFLICT'],
    ['is not there', () => undefined, ['nowhere'], 'BAD_REVISION'],
    [
      'changes a file that main has changed too',
      (path) => {
        for (const branch of ['topic', 'main']) {
          git(path, 'switch', '-q', branch);
          put(join(path, 'NOTES'), branch);
          git(path, 'add', 'NOTES');
          git(path, 'commit', '-qm', 'notes');
        }
      },
      ['topic'],
      'CONFLICT',
    ],
  ])('but not one that %s', async (_, spoil, [branch], code) => {
    const { path, vports } = await conflicting();
    spoil(path);
    const before = git(path, 'rev-parse', 'topic');
    const shared = git(path, 'rev-parse', 'main');
    const run = await vports(['resolve', '--branch', branch!, '--json']);
    expect(JSON.parse(run.stdout).error.code).toBe(code);
    expect(git(path, 'rev-parse', 'topic', 'main')).toBe(`${before}\n${shared}`);
  });

  test('of a remote, and pushes it', async () => {
    const { path } = await conflicting();
    const folder = temporaryFolder();
    const remote = join(folder, 'ports.git');
    git(folder, 'clone', '-q', '--bare', path, remote);
    put(join(folder, 'p/.vports.json'), JSON.stringify({ registry: `file://${remote}` }));
    const vports = runner(folder, { cwd: join(folder, 'p') });
    await vports(['trust', remote]);
    const run = await vports(['resolve', '--branch', 'topic', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      published: 'pushed',
      commit: git(remote, 'rev-parse', 'topic'),
    });
    expect(tryGit(remote, 'merge-base', '--is-ancestor', 'main', 'topic').status).toBe(0);
    expect((await vports(['review', 'main', 'topic'])).stdout).toContain('two (api) gets');
    fsck(remote);
  });
});

test('without a conflict there is nothing to settle', async () => {
  const { vports } = await conflicting();
  const run = await vports(['resolve', '--json']);
  expect(run.status).toBe(2);
  expect(JSON.parse(run.stdout).error.code).toBe('BAD_USAGE');
});
