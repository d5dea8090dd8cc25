import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { branchApart } from '../support/apart.js';
import { madeOnce, put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry, placeRegistry } from '../support/registries.js';

const FIRST = 'events/tcp/26xxx/267xx/26701/0001.json';

const written = madeOnce(async (folder) => {
  const path = join(folder, 'ports');
  await placeRegistry(path, { bare: false });
  const vports = runner(folder, { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'web', '--port', '26701']);
  await vports(['allocate', 'api', '--port', 'main=26702', '--port', 'ui=26703']);
  await vports(['reassign', 'web', '--to', '26704']);
});

async function registry() {
  const path = join(await written(), 'ports');
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  const verify = async (...args: string[]) => {
    const run = await vports(['verify', '--json', ...args]);
    return {
      status: run.status,
      ...(JSON.parse(run.stdout) as {
        ok: boolean;
        problems: { code: string; path: string; message: string }[];
        warnings: { code: string; message: string }[];
      }),
    };
  };
  const commit = (message: string) => {
    git(path, 'add', '-A');
    git(path, 'commit', '-qm', message);
  };
  const edit = (file: string, from: string | RegExp, to: string) =>
    writeFileSync(join(path, file), readFileSync(join(path, file), 'utf8').replace(from, to));
  return {
    path,
    vports,
    verify,
    commit,
    edit,
    codes: async (...args: string[]) => (await verify(...args)).problems.map(({ code }) => code),
  };
}

test('a registry that only vports has written is whole', async () => {
  const { vports, verify } = await registry();
  expect(await verify()).toMatchObject({
    ok: true,
    status: 0,
    problems: [],
    checked: { events: 5, streams: 4, commits: 4 },
  });
  expect((await vports(['verify'])).stdout).toBe('OK: 5 events, 4 ports, 4 commits');
});

describe('every way to tamper with it has a name', () => {
  type Registry = Awaited<ReturnType<typeof registry>>;
  test.each<[string, (it: Registry) => void, string[]]>([
    [
      'an event amended',
      ({ edit, commit }) => {
        edit(FIRST, 'web', 'wed');
        commit('amend');
      },
      ['EVENT_MODIFIED', 'BAD_EVENT'],
    ],
    [
      'a reason put in',
      ({ edit, commit }) => {
        edit('events/tcp/26xxx/267xx/26702/0001.json', '"prev"', '"reason": "x",\n  "prev"');
        commit('amend');
      },
      ['EVENT_MODIFIED', 'NOT_CANONICAL'],
    ],
    [
      'the newest event deleted',
      ({ path, commit }) => {
        rmSync(join(path, 'events/tcp/26xxx/267xx/26703'), { recursive: true });
        commit('drop');
      },
      ['EVENT_DELETED'],
    ],
    [
      'the first of a stream deleted',
      ({ path, commit }) => {
        rmSync(join(path, FIRST));
        commit('drop');
      },
      ['EVENT_DELETED', 'VERSION_GAP'],
    ],
    [
      'the first of a batch deleted',
      ({ path, commit }) => {
        rmSync(join(path, 'events/tcp/26xxx/267xx/26702'), { recursive: true });
        commit('drop');
      },
      ['EVENT_DELETED', 'BATCH_INCOMPLETE'],
    ],
    ['a revert', ({ path }) => void git(path, 'revert', '--no-edit', 'HEAD'), ['EVENT_DELETED']],
    [
      'a stream moved to another port',
      ({ path, commit }) => {
        renameSync(join(path, 'events/tcp/26xxx/267xx/26703'), join(path, 'events/tcp/26xxx/267xx/26709'));
        commit('move');
      },
      ['EVENT_DELETED', 'PATH_MISMATCH'],
    ],
    [
      'a file that is no event',
      ({ path, commit }) => {
        put(join(path, 'events/notes.txt'), 'x');
        commit('x');
      },
      ['PATH_MISMATCH'],
    ],
    [
      'conflict markers',
      ({ edit, commit }) => {
        edit(FIRST, '{', '<<<<<<< HEAD\n{');
        commit('x');
      },
      ['BAD_EVENT', 'EVENT_MODIFIED'],
    ],
    [
      'a commit rewritten',
      ({ path }) => {
        git(path, 'commit', '-q', '--amend', '-m', 'nothing to see here');
      },
      ['HISTORY_REWRITTEN'],
    ],
    [
      'the branch set back',
      ({ path }) => {
        git(path, 'reset', '-q', '--hard', 'HEAD~1');
      },
      ['HISTORY_REWRITTEN'],
    ],
    [
      'a stream turned around',
      ({ path, commit }) => {
        const at = (version: string) => join(path, `events/tcp/26xxx/267xx/26701/${version}.json`);
        renameSync(at('0001'), at('0009'));
        renameSync(at('0002'), at('0001'));
        renameSync(at('0009'), at('0002'));
        commit('turn');
      },
      ['EVENT_MODIFIED', 'VERSION_GAP'],
    ],
    [
      'an event backdated',
      ({ edit, commit }) => {
        edit('events/tcp/26xxx/267xx/26701/0002.json', /"at": "[^"]*"/, '"at": "2020-01-01T00:00:00.000Z"');
        commit('backdate');
      },
      ['EVENT_MODIFIED', 'TIME_BACKWARDS'],
    ],
    [
      'line ends',
      ({ edit, commit }) => {
        edit(FIRST, /\n/g, '\r\n');
        commit('x');
      },
      ['NOT_CANONICAL', 'EVENT_MODIFIED'],
    ],
    [
      'a broken policy',
      ({ path, commit }) => {
        put(join(path, 'policy.json'), '{');
        commit('x');
      },
      ['BAD_POLICY'],
    ],
  ])('%s', async (_, tamper, codes) => {
    const it = await registry();
    tamper(it);
    const told = await it.verify();
    expect(told.status).toBe(1);
    expect(told.problems.map(({ code }) => code)).toEqual(expect.arrayContaining(codes));
    const others = told.problems.filter(({ code }) => !codes.includes(code));
    expect(others.every(({ code }) => ['BATCH_INCOMPLETE', 'EVENT_DELETED'].includes(code))).toBe(true);
  });

  test('a forged prev, a time that goes backwards, one that has not come yet, a name that is had twice', async () => {
    const { path, codes, commit, verify } = await registry();
    const file = 'events/tcp/26xxx/267xx/26702/0002.json';
    const first = JSON.parse(readFileSync(join(path, file.replace('0002', '0001')), 'utf8'));
    const { resource, name, by, at } = first;
    const head = {
      v: 1,
      id: '01M84MKVF8H6CRPXW55GTFNWNN',
      type: 'port.described',
      protocol: 'tcp',
      port: 26702,
    };
    const event = (more: { at?: string; prev?: string }) =>
      `${JSON.stringify({ ...head, version: 2, resource, name, by, at: more.at ?? at, prev: more.prev ?? first.id }, null, 2)}\n`;
    put(join(path, file), event({ prev: '01M84MKVF8H6CRPXW55GTFNWAA' }));
    commit('forge');
    expect(await codes()).toEqual(['PREV_MISMATCH']);
    git(path, 'reset', '-q', '--hard', 'HEAD~1');
    put(join(path, file), event({ at: '2001-01-01T00:00:00.000Z' }));
    commit('backdate');
    expect(await codes()).toEqual(['TIME_BACKWARDS']);
    git(path, 'reset', '-q', '--hard', 'HEAD~1');
    put(join(path, file), event({ at: '2999-01-01T00:00:00.000Z' }));
    commit('postdate');
    // It is on record: the port has to be given back some day, so it is said and does not fail for ever.
    expect(await verify()).toMatchObject({ ok: true, warnings: [{ code: 'TIME_FUTURE' }] });
    expect(await codes('--base', 'HEAD~1')).toContain('TIME_FUTURE');
    git(path, 'reset', '-q', '--hard', 'HEAD~1');
    const double = JSON.parse(readFileSync(join(path, file.replace('0002', '0001')), 'utf8'));
    const other = { ...double, id: '01M84MKVF8H6CRPXW55GTFNWBB', port: 26705, batch: undefined };
    put(join(path, 'events/tcp/26xxx/267xx/26705/0001.json'), `${JSON.stringify(other, null, 2)}\n`);
    commit('double');
    expect(await codes()).toEqual(['DOUBLE_NAME']);
  });
});

describe('the policy of the commit that brought an event counts', () => {
  test('one that shrinks later makes nothing wrong, and an exception is none', async () => {
    const { vports, codes } = await registry();
    await vports(['register', 'old', '8080', '--allow-outside-policy']);
    expect((await vports(['policy', 'set', 'reserved', '["1-9999", "26700-26799"]', '-y'])).status).toBe(0);
    expect(await codes()).toEqual([]);
  });

  test.each<[string, number, string]>([
    ['outside the ranges', 12000, 'OUT_OF_RANGE'],
    ['reserved', 8080, 'RESERVED'],
  ])('a grant that was %s is told', async (_, port, code) => {
    const { path, codes, commit } = await registry();
    const { range: _range, ...event } = JSON.parse(readFileSync(join(path, FIRST), 'utf8'));
    const digits = String(port).padStart(5, '0');
    put(
      join(path, `events/tcp/${digits.slice(0, 2)}xxx/${digits.slice(0, 3)}xx/${digits}/0001.json`),
      `${JSON.stringify({ ...event, id: '01M84MKVF8H6CRPXW55GTFNWCC', port, resource: 'rogue' }, null, 2)}\n`,
    );
    commit('rogue');
    expect(await codes()).toEqual([code]);
  });
});

describe('--base: what a branch adds', () => {
  test('that only adds, and is by who committed it, may be merged', async () => {
    const { path, vports, verify } = await registry();
    git(path, 'switch', '-qc', 'topic');
    await vports(['allocate', 'new', '--port', '26706']);
    expect(await verify('--base', 'main')).toMatchObject({ ok: true, checked: { commits: 1 } });
  });

  test('and takes back is not, though main had it changed before', async () => {
    const { path, codes, edit, commit } = await registry();
    git(path, 'switch', '-qc', 'topic');
    edit(FIRST, 'web', 'wed');
    commit('amend');
    expect(await codes('--base', 'main')).toContain('EVENT_MODIFIED');
    git(path, 'switch', '-q', 'main');
    git(path, 'merge', '-q', '--ff-only', 'topic');
    git(path, 'switch', '-qc', 'later');
    git(path, 'commit', '-q', '--allow-empty', '-m', 'nothing');
    expect(await codes('--base', 'main')).not.toContain('EVENT_MODIFIED');
  });

  test('is held against what the base has by now', async () => {
    const { path, vports, verify } = await registry();
    const arrive = await branchApart(path, 'topic', async (copy) => {
      const there = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: copy } });
      await there(['allocate', 'new', '--port', '26706']);
      await there(['allocate', 'twice', '--port', '26707']);
    });
    await vports(['allocate', 'other', '--port', '26706']);
    await vports(['allocate', 'twice', '--port', '26708']);
    arrive();
    git(path, 'switch', '-q', 'topic');
    const { problems } = await verify('--base', 'main');
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ['DOUBLE_NAME', expect.stringMatching(/2670[78]\/0001/)],
      ['TAKEN_ON_BASE', 'events/tcp/26xxx/267xx/26706/0001.json'],
    ]);
  });

  test('and says to be by somebody else than committed it', async () => {
    const { path, vports, codes } = await registry();
    git(path, 'switch', '-qc', 'topic');
    await vports(['allocate', 'new', '--port', '26706']);
    git(path, 'commit', '-q', '--amend', '--no-edit', '--author', 'Mallory <m@example.com>');
    expect(await codes('--base', 'main')).toEqual(['AUTHOR_MISMATCH']);
    expect(await codes()).toEqual([]);
  });

  test('a base that names nothing is bad', async () => {
    expect((await (await registry()).vports(['verify', '--base', 'nowhere'])).status).toBe(2);
  });
});

test('held ports that the policy of now leaves outside are a warning, and an exception is none', async () => {
  const { vports, verify } = await registry();
  await vports(['register', 'old', '8081', '--allow-outside-policy']);
  expect((await verify()).warnings).toEqual([]);
  await vports(['policy', 'set', 'ranges.security.to', '26703', '-y']);
  expect(await verify()).toMatchObject({
    ok: true,
    problems: [],
    warnings: [
      {
        code: 'OUT_OF_RANGE',
        message:
          'web on 26704/tcp is now outside every range, or reserved: `vports reassign web --port main` moves it inside',
      },
    ],
  });
  await vports(['reassign', 'web', '--port', 'main']);
  expect((await verify()).warnings).toEqual([]);
});

test('an event that a merge dropped without a conflict never counted, and that is said', async () => {
  const path = await newRegistry({ bare: false });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  git(path, 'switch', '-qc', 'topic');
  expect((await vports(['allocate', 'web'])).status).toBe(0);
  git(path, 'switch', '-q', 'main');
  expect((await vports(['allocate', 'api', '--port', 'main=30010'])).status).toBe(0);
  git(path, 'merge', '-q', '-s', 'ours', '--no-edit', 'topic');
  const run = await vports(['verify', '--json']);
  const found = JSON.parse(run.stdout).warnings.map(({ code, message }: Record<string, string>) => [
    code,
    message,
  ]);
  expect([run.status, found]).toEqual([
    0,
    [['EVENT_DELETED', expect.stringContaining('without a conflict')]],
  ]);
});
