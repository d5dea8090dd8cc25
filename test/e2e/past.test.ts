import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { madeOnce, put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';

const json = (run: Run) => JSON.parse(run.stdout);

const benAt = (path: string) => ({
  env: { VPORTS_REGISTRY: path, GIT_AUTHOR_NAME: 'Ben Okafor', GIT_AUTHOR_EMAIL: 'ben@example.com' },
});

/** web had 26601, moved to 26602, and api has 26601 by a pull request; ui came and went. */
const histories = madeOnce(async (folder) => {
  const path = join(folder, 'ports');
  await placeRegistry(path, { bare: false });
  const vports = runner(folder, { env: { VPORTS_REGISTRY: path } });
  const ben = benAt(path);
  await vports(['allocate', 'web', '--port', '26601', '--owner', 'team-a', '--reason', 'the shop']);
  git(path, 'tag', 'v1');
  await vports(['describe', 'web', '--owner', 'team-b'], ben);
  await vports(['reassign', 'web', '--to', '26602', '--reason', 'made room'], ben);
  await vports(['allocate', 'ui', '--port', '26603']);
  await vports(['release', 'ui', '--reason', 'gone']);
  git(path, 'tag', 'v2');
  await vports(['allocate', 'api', '--port', '26601', '--branch', 'topic'], ben);
  git(path, 'merge', '-q', '--no-ff', '-m', 'Merge pull request #42 from ben/topic', 'topic');
});

async function history() {
  const path = join(await histories(), 'ports');
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  const at = (args: string[]) => vports([...args, '--json']);
  return { path, vports, at, ben: benAt(path) };
}

describe('--at', () => {
  test('is understood by every command that reads, and the story says what was meant', async () => {
    const { path, vports } = await history();
    for (const args of [
      ['get', 'web'],
      ['check', '26601'],
      ['check', 'web'],
      ['show', 'web'],
      ['list'],
      ['ranges'],
      ['who', '26601'],
      ['log'],
      ['env', 'web'],
      ['replay'],
      ['ci'],
    ]) {
      const run = await vports([...args, '--at', 'v1'], { cwd: temporaryFolder() });
      expect(run.stderr, args.join(' ')).toContain(
        `as merged at ${git(path, 'rev-parse', 'v1').slice(0, 10)} (20`,
      );
      const now = await vports([...args, '--at', 'now'], { cwd: temporaryFolder() });
      expect(now.stderr, args.join(' ')).toMatch(/as claimed by 20\d\d-/);
    }
    expect((await vports(['get', 'web', '--at', 'v1'])).stdout).toBe('26601');
    expect((await vports(['get', 'web'])).stdout).toBe('26602');
    expect((await vports(['verify', '--at', 'v1'])).stdout).toMatch(/^OK: 1 event,/);
    expect((await vports(['list', '--at', '1 hour ago'])).stdout).toBe('no port is held');
  });

  test.each<[string, number, string]>([
    ['v99', 2, 'BAD_REVISION'],
    ['2099-01-01', 2, 'BAD_TIME'],
    ['2026-02-31', 2, 'BAD_REVISION'],
    ['99999999 days ago', 2, 'BAD_REVISION'],
    ['HEAD~99', 2, 'BAD_REVISION'],
  ])('%s: exit %i, %s', async (moment, status, code) => {
    const { at } = await history();
    for (const args of [['list'], ['who', '26601'], ['log'], ['replay'], ['diff']]) {
      const run = args[0] === 'diff' ? await at(['diff', moment]) : await at([...args, '--at', moment]);
      expect([args[0], run.status, json(run).error.code]).toEqual([args[0], status, code]);
    }
  });

  test('of a shallow clone says which setting fetches the rest', async () => {
    const { path, vports } = await history();
    const clone = join(temporaryFolder(), 'clone');
    git(path, 'clone', '-q', '--depth', '1', `file://${path}`, clone);
    const run = await vports(['list', '--registry', clone]);
    expect([run.status, run.stderr]).toEqual([
      78,
      expect.stringMatching(/git fetch --unshallow.*fetch-depth: 0/),
    ]);
  });
});

describe('log', () => {
  test('knows the commit that brought each event, and the merge through which it came', async () => {
    const { path, at } = await history();
    const { events } = json(await at(['log']));
    expect(events[0]).toMatchObject({
      resource: 'api',
      commit: git(path, 'rev-parse', 'topic'),
      merge: git(path, 'rev-parse', 'main'),
      path: 'events/tcp/26xxx/266xx/26601/0004.json',
    });
    expect(events.at(-1)).toMatchObject({ commit: git(path, 'rev-parse', 'v1'), merge: null });
    const { events: past } = json(await at(['log', '--at', 'v1']));
    expect(past).toMatchObject([{ resource: 'web', commit: git(path, 'rev-parse', 'v1') }]);
  });

  test('through a squash it is the squash, and after a rebase the new commit', async () => {
    const { path, at, vports } = await history();
    git(path, 'switch', '-qc', 'work');
    await vports(['allocate', 'x', '--port', '26604']);
    git(path, 'switch', '-q', 'main');
    git(path, 'merge', '-q', '--squash', 'work');
    git(path, 'commit', '-qm', 'x for all (#43)');
    expect(json(await at(['log', 'x'])).events[0].commit).toBe(git(path, 'rev-parse', 'main'));
    expect((await vports(['who', '26604'])).stdout).toContain('#43]');
    git(path, 'switch', '-qc', 'later', 'v2');
    await vports(['allocate', 'y', '--port', '26605']);
    await at(['log']);
    git(path, 'rebase', '-q', 'main');
    expect(json(await at(['log', 'y'])).events[0].commit).toBe(git(path, 'rev-parse', 'later'));
  });

  test('has pages that hold together while the log grows, and follows a resource through its moves', async () => {
    const { vports, at } = await history();
    const all = json(await at(['log'])).events.map(({ id }: { id: string }) => id);
    const first = json(await at(['log', '-n', '3']));
    expect(first.next).toBe(all[2]);
    await vports(['allocate', 'new', '--port', '26609']);
    const second = json(await at(['log', '-n', '3', '--before', first.next]));
    expect(second.events.map(({ id }: { id: string }) => id)).toEqual(all.slice(3, 6));
    const rest = json(await at(['log', '--before', second.next]));
    expect(rest.events.map(({ id }: { id: string }) => id)).toEqual(all.slice(6));
    expect(rest.next).toBeNull();
    expect((await at(['log', '--before', 'x'])).status).toBe(2);
    const moves = json(await at(['log', 'web'])).events;
    expect(moves.map(({ type, port }: { type: string; port: number }) => `${type.slice(5)} ${port}`)).toEqual(
      ['allocated 26602', 'released 26601', 'described 26601', 'allocated 26601'],
    );
    expect((await vports(['log', '-n', '1'])).stderr).toMatch(/^more events: add --before [0-9A-Z]{26}$/);
  });

  test('filters by person, owner, type, range and time', async () => {
    const { at } = await history();
    const types = async (...args: string[]) =>
      json(await at(['log', ...args])).events.map(({ type }: { type: string }) => type.slice(5));
    expect(await types('--by', 'ben@')).toHaveLength(4);
    expect(await types('--owner', 'team-a')).toEqual(['allocated']);
    expect(await types('--type', 'described')).toEqual(['described']);
    expect(await types('--range', '26603-26610')).toEqual(['released', 'allocated']);
    expect(await types('--since', '1 hour ago')).toHaveLength(7);
    expect(await types('--until', '1 hour ago')).toEqual([]);
    expect(await types('--range', 'databases')).toEqual([]);
  });
});

describe('who', () => {
  test('tells each holder of a port: from when until when, by whom, why, in which commit and pull request', async () => {
    const { path, vports, at } = await history();
    const { holders, history: events } = json(await at(['who', '26601']));
    expect(events).toHaveLength(4);
    expect(holders).toMatchObject([
      {
        resource: 'web',
        by: 'Ada Lovelace',
        owner: 'team-b',
        reason: 'the shop',
        commit: git(path, 'rev-parse', 'v1'),
        pullRequest: null,
        released: { by: 'Ben Okafor', reason: 'made room', movedTo: 26602 },
      },
      {
        resource: 'api',
        by: 'Ben Okafor',
        until: null,
        pullRequest: '#42',
        merge: git(path, 'rev-parse', 'main'),
      },
    ]);
    const text = (await vports(['who', '26601'])).stdout;
    expect(text).toMatch(/^26601\/tcp is held by api since .*, by Ben Okafor {2}\[[0-9a-f]{10}, #42\]\n\n/);
    expect(text).toContain('web, by Ada Lovelace, owner team-b: the shop');
    expect(text).toContain('  released by Ben Okafor, moved to 26602: made room');
  });
});

describe('diff', () => {
  test('tells what changed between two moments, forwards and backwards', async () => {
    const { at, vports } = await history();
    const changes = json(await at(['diff', 'v1', 'v2']));
    expect(changes).toMatchObject({
      allocated: [],
      released: [],
      moved: [{ resource: 'web', from: 26601, port: 26602, by: 'Ben Okafor', reason: 'made room' }],
      described: [],
      renewed: [],
    });
    expect(json(await at(['diff', 'v2']))).toMatchObject({
      allocated: [{ resource: 'api', port: 26601 }],
      moved: [],
    });
    const back = json(await at(['diff', 'main', 'v1']));
    expect(back.moved).toMatchObject([{ resource: 'web', from: 26602, port: 26601 }]);
    expect(back.released).toMatchObject([{ resource: 'api', port: 26601 }]);
    expect((await vports(['diff', 'v1', 'v1'])).stdout).toBe('nothing changed');
    expect((await vports(['diff', '1 hour ago'])).stdout).toContain('web gets 26602/tcp');
    expect((await vports(['diff', 'v2', 'main', '--format', 'markdown'])).stdout).toContain(
      '| allocated | 26601/tcp | api |',
    );
  });
});

describe('replay', () => {
  test('folds the log from nothing, and tells what each event changed', async () => {
    const { vports, at } = await history();
    const run = await vports(['replay']);
    expect(run.status).toBe(0);
    expect(run.stderr).toBe('7 events, 2 ports held; no rule is broken');
    const lines = run.stdout.split('\n');
    expect(lines[0]).toMatch(/allocated 26601\/tcp to web .* {2}26601\/tcp: free -> web$/);
    expect(lines[1]).toMatch(/described .* {2}26601\/tcp: owner team-b$/);
    expect(lines[2]).toMatch(/26601\/tcp: web -> free$/);
    const { state, events } = json(await at(['replay']));
    expect(events).toHaveLength(7);
    expect(state.ports).toEqual(json(await at(['list'])).ports);
    expect(json(await at(['replay', '--until', 'v1'])).events).toHaveLength(1);
  });

  test('names the first event that broke a rule, and exits 1', async () => {
    const { path, vports, at } = await history();
    const source = join(path, 'events/tcp/26xxx/266xx/26602/0001.json');
    const double = JSON.parse(readFileSync(source, 'utf8'));
    const id = '01Z84MKVF8H6CRPXW55GTFNWBB';
    const other = { ...double, id, port: 26608, batch: undefined, from: undefined };
    put(join(path, 'events/tcp/26xxx/266xx/26608/0001.json'), `${JSON.stringify(other, null, 2)}\n`);
    git(path, 'add', '.');
    git(path, 'commit', '-qm', 'double');
    const run = await at(['replay']);
    expect([run.status, json(run).broken]).toEqual([
      1,
      { event: id, code: 'DOUBLE_NAME', message: expect.any(String) },
    ]);
    put(source, 'x');
    git(path, 'commit', '-qam', 'damage');
    const damaged = await vports(['replay']);
    expect([damaged.status, damaged.stderr]).toEqual([
      1,
      expect.stringContaining('STREAM_DAMAGED at tcp/26602'),
    ]);
  });
});

describe('undo', () => {
  test('takes a commit, an event or a path back by new events, documents included', async () => {
    const { path, vports, at } = await history();
    const folder = temporaryFolder();
    const file = put(join(folder, 'service.json'), '{ "name": "web", "ports": { "main": 26602 } }\n');
    const move = json(await at(['log', 'web', '-n', '1'])).events[0];
    const refused = await vports(['undo', move.commit.slice(0, 12), '--json']);
    expect([refused.status, json(refused).error]).toMatchObject([
      1,
      {
        code: 'CONFLICT',
        message: expect.stringMatching(/26601\/tcp has changed since: allocated by Ben Okafor/),
      },
    ]);
    await vports(['undo', 'events/tcp/26xxx/266xx/26601/0004.json', '--reason', 'wrong port']);
    const run = await vports(['undo', move.id], { cwd: folder });
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(
      /released 26602\/tcp from web, moved to 26601.*\n.*allocated 26601\/tcp to web/,
    );
    expect((await vports(['get', 'web'])).stdout).toBe('26601');
    expect(readFileSync(file, 'utf8')).toContain('26601');
    expect(git(path, 'log', '-1', '--format=%s')).toBe('undo: move 26601/tcp to 26602/tcp for web');
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
    expect((await vports(['who', '26601'])).stdout).toContain('released by Ada Lovelace: wrong port');
    fsck(path);
  });

  test('of a release grants the port again; a dry run shows it and writes nothing', async () => {
    const { path, vports, at } = await history();
    const { id } = json(await at(['log', 'ui', '-n', '1'])).events[0];
    const before = git(path, 'rev-parse', 'main');
    expect((await vports(['undo', id, '--dry-run'])).stderr).toContain('dry run: would write');
    expect(git(path, 'rev-parse', 'main')).toBe(before);
    expect(json(await at(['undo', id])).undone).toMatchObject([{ type: 'port.allocated', port: 26603 }]);
    const { id: undone } = json(await at(['log', 'ui', '-n', '1'])).events[0];
    expect((await vports(['undo', undone])).status).toBe(0);
    expect((await vports(['get', 'ui'])).status).toBe(1);
  });

  test('of a lease goes to the host log', async () => {
    const { vports, at } = await history();
    await vports(['allocate', 'e2e', '--ttl', '1h']);
    const { id } = json(await at(['log', 'e2e', '-n', '1'])).events[0];
    expect(json(await at(['undo', id])).commits).toMatchObject([{ log: 'host' }]);
    expect((await vports(['get', 'e2e'])).status).toBe(1);
  });

  test.each(['v99', '01Z84MKVF8H6CRPXW55GTFNWBB', 'events/tcp/1', '--x', 'HEAD~99'])(
    '%s is nothing to undo',
    async (target) => {
      const { vports } = await history();
      expect((await vports(['undo', '--', target])).status).toBe(2);
    },
  );
});

describe('undo of a change of the policy', () => {
  const policyOf = async (vports: ReturnType<typeof runner>) =>
    json(await vports(['policy', 'show', '--json'])).policy;
  const last = (path: string) => git(path, 'rev-parse', 'HEAD').slice(0, 10);

  test('changes back what the commit changed, key by key, in a commit', async () => {
    const { path, vports } = await history();
    const before = readFileSync(join(path, 'policy.json'), 'utf8');
    await vports(['policy', 'set', 'lease.default', '3h']);
    const set = last(path);
    await vports(['policy', 'set', 'default', 'ai-ml']);
    const tried = await vports(['undo', set, '--dry-run']);
    expect(tried.stderr).toContain('dry run: no port events; policy.json would change');
    const undone = await vports(['undo', set]);
    expect([undone.status, undone.stdout]).toEqual([0, 'default lease: 3h -> 8h']);
    expect(undone.stderr).toContain('committed policy.json to the registry as');
    expect(git(path, 'log', '-1', '--format=%s')).toBe('undo: set lease.default of the policy');
    expect(await policyOf(vports)).toMatchObject({ default: 'ai-ml', lease: { default: '8h' } });
    expect(json(await vports(['undo', 'HEAD~1', '--json']))).toMatchObject({
      undone: [],
      policy: { diff: ['default range: ai-ml -> business'], stranded: [] },
    });
    expect(readFileSync(join(path, 'policy.json'), 'utf8')).toBe(before);
    expect((await vports(['undo', set])).stdout).toBe('');
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
  });

  test('is refused where it would take the id of the registry, which its signatures are for', async () => {
    const { path, vports } = await history();
    const file = join(path, 'policy.json');
    const { id: _, ...without } = JSON.parse(readFileSync(file, 'utf8'));
    for (const policy of [without, { ...without, id: '01KDA7V6Q5M3W8Z2T4R6Y8B0CD' }]) {
      put(file, `${JSON.stringify(policy, null, 2)}\n`);
      git(path, 'commit', '-qam', 'Edit the policy');
    }
    const run = await vports(['undo', last(path), '--json']);
    expect(json(run).error).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('gave the registry its id'),
    });
  });

  test('is refused where a key was changed again, naming the commit', async () => {
    const { path, vports } = await history();
    await vports(['policy', 'set', 'lease.default', '3h']);
    const [first] = [last(path)];
    await vports(['policy', 'set', 'default', 'ai-ml']);
    await vports(['policy', 'set', 'lease.default', '4h']);
    const again = last(path);
    await vports(['policy', 'set', 'lease.default', '5h']);
    const refused = json(await vports(['undo', first, '--json'])).error;
    expect(refused).toMatchObject({
      code: 'CONFLICT',
      message: `what ${first} changed in the policy was changed again by ${again}`,
      hint: `undo that first: \`vports undo ${again}\``,
    });
  });

  test('that would leave held ports outside every range is refused without -y', async () => {
    const { path, vports } = await history();
    await vports(['policy', 'add-range', 'games', '12000-12099']);
    const added = last(path);
    await vports(['allocate', 'chess', '--range', 'games']);
    const head = last(path);
    const refused = await vports(['undo', added]);
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining('chess on 12000/tcp is now outside every range'),
    ]);
    expect(last(path)).toBe(head);
    const done = await vports(['undo', added, '-y', '--reason', 'too many games']);
    expect(done.stdout).toContain('removed range games');
    expect(git(path, 'log', '-1', '--format=%b')).toContain('too many games');
    expect((await policyOf(vports)).ranges).not.toContainEqual(expect.objectContaining({ id: 'games' }));
  });

  test('takes back the events of the same commit too', async () => {
    const { path, vports } = await history();
    const before = await policyOf(vports);
    git(path, 'switch', '-q', '-c', 'games');
    await vports(['policy', 'add-range', 'games', '12000-12099', '--branch', 'games']);
    await vports(['allocate', 'chess', '--range', 'games', '--branch', 'games']);
    git(path, 'switch', '-q', 'main');
    git(path, 'merge', '-q', '--squash', 'games');
    git(path, 'commit', '-q', '-m', 'games');
    const run = await vports(['undo', 'HEAD']);
    expect(run.stdout).toMatch(/released 12000\/tcp from chess.*\nremoved range games: 12000-12099/s);
    expect(run.stderr).toMatch(/committed events\/.*0002.json and policy.json to the registry/);
    expect(git(path, 'show', '--stat', '--format=%s', 'HEAD')).toMatch(
      /^undo: games\n[\s\S]*2 files changed/,
    );
    expect(await policyOf(vports)).toEqual(before);
    const back = await vports(['undo', 'HEAD']);
    expect(back.stdout).toMatch(/allocated 12000\/tcp to chess.*\nnew range games/s);
    const { events } = json(await vports(['log', 'chess', '-n', '1', '--json']));
    expect(events[0]).toMatchObject({ range: 'games' });
    expect(events[0]).not.toHaveProperty('exception');
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
  });

  test('of another branch is refused', async () => {
    const { path, vports } = await history();
    await vports(['policy', 'set', 'default', 'ai-ml', '--branch', 'other']);
    const refused = json(await vports(['undo', git(path, 'rev-parse', 'other'), '--json']));
    expect(refused.error).toMatchObject({ code: 'BAD_REVISION', message: expect.stringContaining('branch') });
    expect(json(await vports(['undo', 'other', '--branch', 'other', '--json'])).policy.diff).toEqual([
      'default range: ai-ml -> business',
    ]);
  });
});
