import { chmodSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git, tryGit } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

const FIRST = 'events/tcp/26xxx/264xx/26401/0001.json';
const MINE = 'events/tcp/26xxx/264xx/26402/0001.json';

/** A registry with a port on main, and a branch `topic` with another; checked out is the branch. */
async function pullRequest(env: Record<string, string> = {}) {
  const path = await newRegistry({ bare: false });
  for (const [key, value] of [
    ['user.name', 'Ada Lovelace'],
    ['user.email', 'ada@example.com'],
  ])
    git(path, 'config', key!, value!);
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path, ...env } });
  await vports(['allocate', 'web', '--port', '26401']);
  git(path, 'switch', '-qc', 'topic');
  await vports(['allocate', 'api', '--port', '26402']);
  const gate = async (...args: string[]) => {
    const run = await vports(['verify', '--base', 'main', '--json', ...args]);
    const { ok, problems, warnings, error } = JSON.parse(run.stdout);
    return {
      status: run.status,
      ok,
      error,
      codes: (problems ?? []).map((it: { code: string }) => it.code) as string[],
      warned: (warnings ?? []).map((it: { code: string }) => it.code) as string[],
    };
  };
  const commit = (message: string, ...args: string[]) => {
    git(path, 'add', '-A');
    git(path, 'commit', '-qm', message, ...args);
  };
  const edit = (file: string, change: (text: string) => string) =>
    writeFileSync(join(path, file), change(readFileSync(join(path, file), 'utf8')));
  return { path, vports, gate, commit, edit };
}

describe('a pull request that is not what it says', () => {
  type Pull = Awaited<ReturnType<typeof pullRequest>>;
  test.each<[string, (it: Pull) => unknown, string[]]>([
    [
      'a deleted event, with a subject that would pass for more of the log',
      ({ path, commit }) => {
        rmSync(join(path, FIRST));
        commit('x\x01\x02\n\n\x01y');
      },
      ['EVENT_DELETED'],
    ],
    [
      'a deleted event in a merge commit',
      ({ path }) => {
        git(path, 'switch', '-qc', 'side', 'main');
        git(path, 'commit', '-q', '--allow-empty', '-m', 'x');
        git(path, 'switch', '-q', 'topic');
        git(path, 'merge', '-q', '--no-commit', '--no-ff', 'side');
        git(path, 'rm', '-q', FIRST);
        git(path, 'commit', '-qm', 'merge');
      },
      ['EVENT_DELETED'],
    ],
    [
      'a deleted event that the merge calls settled',
      ({ path }) => {
        git(path, 'rm', '-q', FIRST);
        git(path, 'commit', '-qm', `x\n\nVports-Dropped: ${FIRST}`);
      },
      ['EVENT_DELETED'],
    ],
    [
      'a changed event',
      ({ edit, commit }) => {
        edit(FIRST, (text) => text.replace('"web"', '"wed"'));
        commit('x');
      },
      ['EVENT_MODIFIED'],
    ],
    [
      'an event of the base that may be run',
      ({ path, commit }) => {
        chmodSync(join(path, FIRST), 0o755);
        commit('x');
      },
      ['NOT_A_FILE'],
    ],
    [
      'a new event that may be run',
      ({ path, commit }) => {
        chmodSync(join(path, MINE), 0o755);
        commit('x');
      },
      ['NOT_A_FILE'],
    ],
    [
      'an event that is a link',
      ({ path, commit }) => {
        rmSync(join(path, MINE));
        symlinkSync('../26401/0001.json', join(path, MINE));
        commit('x');
      },
      ['NOT_A_FILE', 'BAD_EVENT'],
    ],
    [
      'a policy that is widened for one commit',
      async ({ vports, edit, commit }) => {
        edit('policy.json', (text) => text.replace('"from": 20000', '"from": 12000'));
        commit('widen');
        expect((await vports(['allocate', 'evil', '--port', '12000'])).status).toBe(0);
        edit('policy.json', (text) => text.replace('"from": 12000', '"from": 20000'));
        commit('narrow');
      },
      ['OUT_OF_RANGE'],
    ],
    [
      "another's name on one's own address",
      ({ path, edit, commit }) => {
        edit(MINE, (text) => text.replace('Ada Lovelace', 'Grace Hopper'));
        git(path, 'add', '-A');
        git(path, 'commit', '-q', '--amend', '--no-edit');
        expect(commit).toBeTruthy();
      },
      ['AUTHOR_MISMATCH'],
    ],
    [
      'a time that was not',
      ({ path, edit }) => {
        edit(MINE, (text) => text.replace(/"at": "\d{4}/, '"at": "2019'));
        git(path, 'add', '-A');
        git(path, 'commit', '-q', '--amend', '--no-edit');
      },
      ['CLAIMED_TIME'],
    ],
    [
      'an id that would come before all others',
      ({ path, edit }) => {
        edit(MINE, (text) => text.replace(/"id": "[0-9A-Z]{26}"/, `"id": "${'0'.repeat(26)}"`));
        git(path, 'add', '-A');
        git(path, 'commit', '-q', '--amend', '--no-edit');
      },
      ['CLAIMED_TIME'],
    ],
    [
      'replace refs that hide what was changed',
      ({ path, edit, commit }) => {
        edit(FIRST, (text) => text.replace('"web"', '"wed"'));
        commit('x');
        git(path, 'replace', 'topic', 'topic~1');
      },
      ['EVENT_MODIFIED'],
    ],
  ])('%s', async (_, attack, codes) => {
    const it = await pullRequest();
    expect(await it.gate()).toMatchObject({ ok: true, status: 0 });
    await attack(it);
    const { status, codes: found } = await it.gate();
    expect(status).toBe(1);
    for (const code of codes) if (!codes.includes('OUT_OF_RANGE')) expect(found).toContain(code);
    if (codes.includes('OUT_OF_RANGE')) expect(found.some((code) => codes.includes(code))).toBe(true);
  });

  test('and a history that cannot be asked is never "no changes"', async () => {
    const { gate, path } = await pullRequest();
    git(path, 'gc', '-q');
    expect(await gate()).toMatchObject({ ok: true });
    const env = { PATH: '/nonexistent' };
    const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path, ...env } });
    const run = await vports(['verify', '--base', 'main', '--json']);
    expect([run.status, JSON.parse(run.stdout).error.code]).toEqual([78, 'UNSUPPORTED_REPOSITORY']);
  });

  test('what else changes is named', async () => {
    const { path, gate, commit, vports } = await pullRequest();
    put(join(path, '.github/workflows/ports.yml'), 'on: push\n');
    put(join(path, 'CODEOWNERS'), '* @mallory\n');
    commit('x');
    await vports(['policy', 'set', 'ranges.security.to', '26300', '-y']);
    expect((await gate()).warned).toContain('OTHER_FILE');
    const review = await vports(['review', 'main']);
    expect(review.stdout).toMatch(/note: CODEOWNERS changes too: it controls who may change what/);
    expect(review.stdout).toMatch(/note: \.github\/workflows\/ports\.yml changes too: it controls/);
    expect(review.stdout).toMatch(/policy: range security: 26000-26999.* -> 26000-26300/);
    expect(review.stdout).toMatch(/policy: web on 26401\/tcp is now outside every range, or reserved/);
  });

  test('a claim that is older than its commit by weeks, and an exception, are looked at twice', async () => {
    const { vports, path } = await pullRequest();
    await vports(['register', 'legacy', '8443', '--allow-outside-policy']);
    git(path, 'commit', '-q', '--amend', '--no-edit', '--date', '2026-12-31T00:00:00Z');
    const old = git(path, 'rev-parse', 'HEAD');
    expect(old).toBeTruthy();
    const review = await vports(['review', 'main']);
    expect(review.stdout).toMatch(/note: legacy gets 8443\/tcp as an exception: the port is reserved/);
  });
});

describe('honest ways for a branch to get there', () => {
  test('a squash, a rebase, a cherry-pick, and a merge by somebody else', async () => {
    const { path, gate, vports } = await pullRequest();
    git(path, 'switch', '-q', 'main');
    await vports(['allocate', 'more', '--port', '26403']);
    const start = git(path, 'rev-parse', 'topic');
    git(path, 'switch', '-qc', 'squashed', 'main');
    git(path, 'merge', '-q', '--squash', 'topic');
    git(path, 'commit', '-qm', 'squashed');
    expect(await gate()).toMatchObject({ ok: true });
    git(path, 'switch', '-qC', 'topic', start);
    git(path, 'rebase', '-q', 'main');
    expect(await gate()).toMatchObject({ ok: true });
    git(path, 'switch', '-qC', 'picked', 'main');
    git(path, 'cherry-pick', start);
    expect(await gate()).toMatchObject({ ok: true });
    git(path, 'switch', '-qC', 'queue', 'main');
    git(
      path,
      '-c',
      'user.name=Queue',
      '-c',
      'user.email=queue@users.noreply.host',
      'merge',
      '-q',
      '--no-ff',
      '--no-edit',
      start,
    );
    git(path, 'commit', '-q', '--amend', '--no-edit', '--author', 'Queue <queue@users.noreply.host>');
    expect(await gate()).toMatchObject({ ok: true });
  });

  test('a merge of main into the branch', async () => {
    const { path, gate, vports } = await pullRequest();
    git(path, 'switch', '-q', 'main');
    await vports(['allocate', 'more', '--port', '26403']);
    git(path, 'switch', '-q', 'topic');
    git(path, 'merge', '-q', '--no-edit', 'main');
    expect(await gate()).toMatchObject({ ok: true });
    await vports(['release', 'more']);
    expect(await gate()).toMatchObject({ ok: true });
  });

  test('a range that is added and used at once', async () => {
    const { gate, vports } = await pullRequest();
    const policy = JSON.parse((await vports(['policy', 'show', '--json'])).stdout).policy;
    const ranges = [...policy.ranges, { id: 'games', title: 'Games', group: 'Play', from: 15000, to: 15099 }];
    expect((await vports(['policy', 'set', 'ranges', JSON.stringify(ranges), '-y'])).status).toBe(0);
    expect((await vports(['allocate', 'quake', '--range', 'games'])).stdout).toBe('15000');
    expect(await gate()).toMatchObject({ ok: true });
    expect((await vports(['review', 'main'])).stdout).toMatch(/policy: new range games: 15000-15099/);
  });

  test('the first registry of a monorepo', async () => {
    const home = temporaryFolder();
    git(home, 'init', '-q', '-b', 'main', 'mono');
    const path = join(home, 'mono');
    put(join(path, 'x'), '');
    git(path, 'add', '-A');
    git(path, 'commit', '-qm', 'x');
    git(path, 'switch', '-qc', 'topic');
    const vports = runner(home, { cwd: path });
    await vports(['init', '--in-repo']);
    await vports(['allocate', 'web', '--port', '26404']);
    const run = await vports(['verify', '--base', 'main', '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: true });
  });

  test('of two people, of whom one settles a conflict; and two addresses of one', async () => {
    const { path, gate, vports, commit } = await pullRequest();
    git(path, 'switch', '-q', 'main');
    await vports(['register', 'first', '26402']);
    git(path, 'switch', '-q', 'topic');
    expect(tryGit(path, 'merge', '-q', 'main').status).not.toBe(0);
    const ben = { GIT_AUTHOR_NAME: 'Ben', GIT_AUTHOR_EMAIL: 'ben@x' };
    await vports(['resolve'], { env: ben });
    git(
      path,
      '-c',
      'user.name=Ben',
      '-c',
      'user.email=ben@x',
      'commit',
      '-q',
      '--no-edit',
      '--author',
      'Ben <ben@x>',
    );
    expect(await gate()).toMatchObject({ ok: true });
    git(path, 'switch', '-q', 'main');
    put(join(path, '.mailmap'), 'Ada Lovelace <ada@example.com> <ada@laptop>\n');
    commit('one person');
    git(path, 'switch', '-qc', 'laptop');
    await vports(['allocate', 'there', '--port', '26405']);
    git(path, 'commit', '-q', '--amend', '--no-edit', '--author', 'ada <ada@laptop>');
    expect(await gate()).toMatchObject({ ok: true });
  });

  test('a repair of what is damaged on the base, to what it was first', async () => {
    const { path, gate, vports, edit, commit } = await pullRequest();
    git(path, 'switch', '-q', 'main');
    const before = readFileSync(join(path, FIRST), 'utf8');
    edit(FIRST, (text) => `${text}\n`);
    commit('a formatter');
    git(path, 'switch', '-qc', 'repair');
    expect((await vports(['get', 'web'])).status).not.toBe(0);
    writeFileSync(join(path, FIRST), before);
    commit('put it back');
    expect(await gate()).toMatchObject({ ok: true, warned: ['RESTORED'] });
    git(path, 'switch', '-q', 'main');
    git(path, 'merge', '-q', 'repair');
    const whole = JSON.parse((await vports(['verify', '--json'])).stdout);
    expect(whole).toMatchObject({ ok: true, warnings: [{ code: 'RESTORED' }] });
    git(path, 'switch', '-qc', 'worse', 'repair~1');
    edit(FIRST, (text) => `${text.replace('"web"', '"wed"').trimEnd()}\n`);
    commit('put something else there');
    expect((await gate()).codes).toContain('EVENT_MODIFIED');
  });
});

test('--signed wants each event signed, by itself or by its commit, by somebody whom the base names', async () => {
  const { path, gate, commit } = await pullRequest();
  expect((await gate('--signed')).codes).toEqual(['NOT_SIGNED', 'NOT_SIGNED']);
  git(path, 'switch', '-q', 'main');
  put(
    join(path, 'allowed_signers'),
    'ada@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJIBIMZqBTgcGOPzO0m/EyO0m/EyO0m/EyO0m/EyO0m/\n',
  );
  commit('signers');
  git(path, 'switch', '-q', 'topic');
  git(path, 'merge', '-q', '--no-edit', 'main');
  expect((await gate('--signed')).codes.some((code) => /SIGN/.test(code))).toBe(true);
});

describe('a commit of several people', () => {
  /** Two events in one commit of Ada's, of which one says that it is by Grace. */
  async function both(message: string) {
    const all = await pullRequest();
    const { path, vports, edit } = all;
    await vports(['allocate', 'second', '--port', '26404']);
    const second = 'events/tcp/26xxx/264xx/26404/0001.json';
    edit(second, (text) =>
      text.replace('Ada Lovelace', 'Grace Hopper').replace('ada@example.com', 'grace@example.com'),
    );
    git(path, 'add', '-A');
    git(path, 'reset', '-q', '--soft', 'main');
    git(path, 'commit', '-qm', message);
    return all.gate();
  }

  test('speaks for those whom it names as co-authors, with a warning', async () => {
    const { ok, warned } = await both('both\n\nCo-authored-by: Grace Hopper <grace@example.com>');
    expect([ok, warned]).toEqual([true, expect.arrayContaining(['AUTHOR_MISMATCH'])]);
  });

  test.each(['both', 'both\n\nCo-authored-by: Grace Hopper <other@example.com>'])(
    'and for nobody else: %j',
    async (message) => {
      expect((await both(message)).codes).toEqual(['AUTHOR_MISMATCH']);
    },
  );
});
