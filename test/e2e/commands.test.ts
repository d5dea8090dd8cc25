import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { eventFiles, fsck, git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { type Run, runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';
import { Terminal } from '../support/terminal.js';

/** A home with nothing in it, and in it a project that uses a checked-out registry. */
async function project() {
  const home = temporaryFolder();
  const registry = join(home, 'ports');
  const cwd = join(home, 'project');
  put(join(cwd, '.vports.json'), '{"registry": "../ports"}\n');
  const vports = runner(home, { cwd });
  await placeRegistry(registry, { bare: false });
  return { home, cwd, registry, vports };
}

const json = ({ stdout }: Run) => JSON.parse(stdout);

describe('allocate', () => {
  test('prints the port, and the commit says what was done, why and by whom', async () => {
    const { vports, registry } = await project();
    const run = await vports([
      'allocate',
      'my-resource',
      '--port',
      '25000',
      '--reason',
      'dashboards',
      '--owner',
      'team-web',
    ]);
    expect(run).toMatchObject({ status: 0, stdout: '25000' });
    expect(run.stderr).toMatch(
      /^committed events\/tcp\/25xxx\/250xx\/25000\/0001.json to the registry as [0-9a-f]{10} on main$/,
    );
    const [event] = json(await vports(['log', '--json'])).events;
    expect(git(registry, 'log', '-1', '--format=%s%n%b%n%an <%ae>')).toBe(
      `allocate 25000/tcp to my-resource\ndashboards\n\nVports-Event: ${event.id}\nVports-Resource: my-resource\n\nAda Lovelace <ada@example.com>`,
    );
    expect(git(registry, 'log', '-1', '--format=%(trailers:key=Vports-Event,valueonly)').trim()).toBe(
      event.id,
    );
    expect(git(registry, 'status', '--porcelain')).toBe('');
    fsck(registry);
  });

  test('answers in JSON as the contract has it', async () => {
    const { vports, registry } = await project();
    expect(json(await vports(['allocate', 'my-resource', '--port', 'api=25000', '--json']))).toEqual({
      resource: 'my-resource',
      ports: {
        api: {
          port: 25000,
          protocol: 'tcp',
          range: 'monitoring',
          env: 'MY_RESOURCE_API_PORT',
          leased: false,
          lease: null,
          folder: null,
          created: true,
        },
      },
      commits: [{ log: 'registry', ref: 'refs/heads/main', oid: git(registry, 'rev-parse', 'HEAD') }],
      events: ['events/tcp/25xxx/250xx/25000/0001.json'],
      published: 'local',
      documents: [],
      warnings: [],
    });
    const again = json(await vports(['allocate', 'my-resource', '--port', 'api', '--json']));
    expect(again).toMatchObject({ ports: { api: { port: 25000, created: false } }, commits: [], events: [] });
  });

  test('grants several ports in one commit, each a NAME=PORT line', async () => {
    const { vports, registry } = await project();
    const run = await vports([
      'allocate',
      'web',
      '--port',
      'api',
      '--port',
      'ui=35000',
      '--port',
      'dns/udp',
      '--port',
      'log=35000/udp',
    ]);
    expect(run.stdout).toBe('api=30000\nui=35000\ndns=30001\nlog=35000');
    expect(git(registry, 'rev-list', '--count', 'HEAD')).toBe('2');
    expect(eventFiles(registry)).toHaveLength(4);
  });

  test('grants a block of consecutive ports', async () => {
    const { vports } = await project();
    expect((await vports(['allocate', 'web', '--port', 'shard', '--block', '3'])).stdout).toBe(
      'shard=30000\nshard-2=30001\nshard-3=30002',
    );
  });

  test('writes nothing in a dry run, and shows the very event', async () => {
    const { vports, registry } = await project();
    const before = git(registry, 'rev-parse', 'HEAD');
    const run = await vports(['allocate', 'web', '--dry-run', '--json']);
    expect(json(run)).toMatchObject({
      dryRun: true,
      commits: [],
      preview: [{ type: 'port.allocated', port: 30000, version: 1, prev: null }],
    });
    expect((await vports(['allocate', 'web', '--dry-run'])).stderr).toContain(
      'would write events/tcp/30xxx/300xx/30000/0001.json\n{\n  "v": 1,\n  "id": "',
    );
    expect(git(registry, 'rev-parse', 'HEAD')).toBe(before);
  });

  // Ports of its own: what is bound here is bound for every test beside it.
  test('passes over what is bound on this machine, on any address, by tcp or udp', async () => {
    const { vports } = await project();
    for (const [port, host] of [
      [28900, '127.0.0.1'],
      [28901, '::1'],
      [28902, '0.0.0.0'],
    ] as const) {
      const server = createServer().listen(port, host);
      onTestFinished(() => void server.close());
      await once(server, 'listening');
    }
    const socket = createSocket('udp4').bind(28903, '127.0.0.1');
    onTestFinished(() => void socket.close());
    await once(socket, 'listening');
    expect((await vports(['allocate', 'web', '--range', '28900-28999'])).stdout).toBe('28903');
    expect(
      (await vports(['allocate', 'dns', '--port', 'main=28903/udp', '--range', '28900-28999'])).stdout,
    ).toBe('28900');
    const strict = await vports(['allocate', 'other', '--port', '28900', '--strict', '--json']);
    expect(strict.status).toBe(1);
    expect(json(strict).error).toMatchObject({ code: 'PORT_IN_USE' });
  });

  test('on another branch leaves the checked-out one alone', async () => {
    const { vports, registry } = await project();
    const run = json(await vports(['allocate', 'web', '--branch', 'add-web', '--json']));
    expect(run.commits).toMatchObject([{ ref: 'refs/heads/add-web' }]);
    expect(eventFiles(registry)).toEqual([]);
    expect(eventFiles(registry, 'add-web')).toHaveLength(1);
    expect(git(registry, 'status', '--porcelain', '-b')).toBe('## main');
  });

  test('leases go to the host log, not to the registry', async () => {
    const { vports, registry, home } = await project();
    const run = json(await vports(['allocate', 'e2e', '--ttl', '30m', '--json']));
    expect(run.commits).toMatchObject([{ log: 'host' }]);
    expect(run.ports.main.lease).toMatch(/^\d{4}-/);
    expect(run.ports.main.port).toBeGreaterThanOrEqual(40000);
    expect(eventFiles(registry)).toEqual([]);
    fsck(join(home, '.local/share/vports/host.git'));
    expect(json(await vports(['list', '--leases', '--json'])).ports).toMatchObject([
      { resource: 'e2e', log: 'host' },
    ]);
    const renewed = await vports(['renew', 'e2e', '--ttl', '3h']);
    expect(Date.parse(renewed.stdout) - Date.now()).toBeGreaterThan(2.9 * 3_600_000);
    expect((await vports(['release', 'e2e'])).stdout).toBe(String(run.ports.main.port));
  });
});

describe('the life of a port', () => {
  test('is told by get, check, show, list, who, log and ranges', async () => {
    const { vports } = await project();
    await vports(['register', 'grafana', '25300', '--owner', 'team-obs', '--reason', 'dashboards']);
    expect((await vports(['get', 'grafana'])).stdout).toBe('25300');
    expect(await vports(['check', '25300'])).toMatchObject({ status: 1, stdout: 'grafana' });
    expect(await vports(['check', '25300', '--for', 'grafana'])).toMatchObject({
      status: 0,
      stdout: 'grafana',
    });
    expect(await vports(['check', '25301'])).toMatchObject({ status: 0, stdout: 'available' });
    expect(await vports(['check', '80'])).toMatchObject({ status: 1, stdout: 'reserved' });
    expect(await vports(['check', '15000'])).toMatchObject({ status: 1, stdout: 'outside-ranges' });
    expect(await vports(['check', 'grafana'])).toMatchObject({ status: 0, stdout: 'main=25300 grafana' });
    expect((await vports(['describe', 'grafana', '--owner', 'team-b'])).status).toBe(0);
    const moved = json(await vports(['reassign', 'grafana', '--to', '25301', '--json']));
    expect(moved.moved).toEqual([
      { resource: 'grafana', name: 'main', protocol: 'tcp', from: 25300, to: 25301 },
    ]);
    const show = json(await vports(['show', 'grafana', '--json'])).ports.main;
    expect(show).toMatchObject({
      port: 25301,
      owner: 'team-b',
      reason: 'dashboards',
      env: 'GRAFANA_PORT',
      log: 'registry',
      commit: moved.commits[0].oid,
    });
    expect((await vports(['list', '--format', 'csv'])).stdout).toMatch(
      /^port,protocol,resource,.*\n25301,tcp,grafana,main,monitoring,team-b,/,
    );
    expect((await vports(['list', '--resource', 'graf*'])).stdout).toMatch(
      /25301\/tcp +grafana +main +monitoring/,
    );
    expect((await vports(['who', '25300'])).stdout).toMatch(
      /^25300\/tcp is free in the registry\n\n[^\n]* \(under a minute\): grafana, by Ada Lovelace, owner team-b: dashboards {2}\[[0-9a-f]{10}\]\n {2}released by Ada Lovelace, moved to 25301$/,
    );
    expect(
      json(await vports(['log', 'grafana', '--json']))
        .events.map((it: { type: string }) => it.type)
        .sort(),
    ).toEqual(['port.allocated', 'port.described', 'port.registered', 'port.released']);
    expect((await vports(['log', '--type', 'released', '-n', '1'])).stdout).toMatch(/released 25300\/tcp/);
    expect((await vports(['ranges'])).stdout).toMatch(/monitoring +25000-25999 +1 +999/);
    expect((await vports(['release', 'grafana'])).stdout).toBe('25301');
    expect(await vports(['release', 'grafana'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/^warning: grafana holds no port/),
    });
    expect(await vports(['release', 'grafana', '--strict'])).toMatchObject({ status: 1 });
    expect(await vports(['get', 'grafana'])).toMatchObject({ status: 1, stdout: '' });
  });

  test('is there as it was, by commit, branch and time', async () => {
    const { vports, registry } = await project();
    await vports(['allocate', 'web']);
    const then = git(registry, 'rev-parse', 'HEAD');
    git(registry, 'tag', 'v1');
    await vports(['release', 'web']);
    for (const at of [then, then.slice(0, 8), 'v1'])
      expect((await vports(['get', 'web', '--at', at])).stdout, at).toBe('30000');
    expect((await vports(['get', 'web', '--at', 'main'])).status).toBe(1);
    expect((await vports(['list', '--at', '1 hour ago', '--json'])).stdout).toContain('"ports": []');
    expect((await vports(['who', '30000', '--at', 'v1'])).stdout).toMatch(
      /^30000\/tcp is held by web .* {2}\[[0-9a-f]{10}\]$/,
    );
    expect(json(await vports(['log', '--at', 'v1', '--json'])).events).toHaveLength(1);
    expect(json(await vports(['log', '--json'])).events).toHaveLength(2);
    expect(json(await vports(['get', 'web', '--at', 'nowhere', '--json'])).error.code).toBe('BAD_REVISION');
    expect(json(await vports(['log', '--since', 'soon', '--json'])).error.code).toBe('BAD_TIME');
  });
});

test('a resource whose port cannot be read is never told that it has none, nor given another', async () => {
  const { vports, registry } = await project();
  await vports(['allocate', 'web']);
  await vports(['allocate', 'api']);
  const file = 'events/tcp/30xxx/300xx/30000/0002.json';
  put(join(registry, file), '<<<<<<< HEAD\n');
  git(registry, 'add', '-A');
  git(registry, 'commit', '-q', '-m', 'a bad merge');
  const before = git(registry, 'rev-parse', 'HEAD');
  for (const args of [
    ['get', 'web'],
    ['show', 'web'],
    ['allocate', 'web'],
    ['release', 'web'],
    ['reassign', 'web'],
    ['env', 'web'],
  ]) {
    const run = await vports([...args, '--json']);
    expect(run.status, args.join(' ')).toBe(65);
    expect(json(run).error).toMatchObject({
      code: 'STREAM_DAMAGED',
      message: expect.stringMatching(/30000\/tcp \(last held by web\).*0002/),
    });
  }
  for (const [status, ...args] of [
    [0, 'list'],
    [65, 'who', '30000'],
    [0, 'list', '--at', 'now'],
  ] as [number, ...string[]][]) {
    const run = await vports(args);
    expect(run.status).toBe(status);
    expect(run.stderr, args.join(' ')).toMatch(/^warning: the history of 30000\/tcp/m);
  }
  expect(await vports(['check', '30000'])).toMatchObject({ status: 65 });
  expect((await vports(['get', 'api'])).stdout).toBe('30001');
  expect(git(registry, 'rev-parse', 'HEAD')).toBe(before);
});

describe('the embedded registry', () => {
  test('comes into being with the first allocation, and the story says so', async () => {
    const home = temporaryFolder();
    const vports = runner(home);
    expect(await vports(['list'])).toMatchObject({ status: 0, stdout: 'no port is held', stderr: '' });
    expect(await vports(['check', '30000'])).toMatchObject({ status: 0, stdout: 'available' });
    expect(existsSync(join(home, '.local'))).toBe(false);
    const run = await vports(['allocate', 'web']);
    expect(run).toMatchObject({ status: 0, stdout: '30000' });
    expect(run.stderr).toContain(
      `created the embedded registry of this machine at ${join(home, '.local/share/vports/host.git')}`,
    );
    expect((await vports(['allocate', 'web2'])).stderr).not.toContain('created the embedded');
  });

  test('inside a git work tree is said to be private to this machine', async () => {
    const home = temporaryFolder();
    git(home, 'init', '-q');
    const vports = runner(home);
    expect((await vports(['allocate', 'web'])).stderr).toMatch(/registry is for this machine only/);
    expect((await vports(['allocate', 'db'])).stderr).toMatch(
      /^committed \S+ to this machine's registry as \w+ on main$/,
    );
  });

  test('is never meant in CI unless it is named', async () => {
    const home = temporaryFolder();
    const vports = runner(home, { env: { CI: 'true' } });
    expect(json(await vports(['allocate', 'web', '--json'])).error).toMatchObject({
      code: 'REGISTRY_NOT_FOUND',
    });
    expect((await vports(['allocate', 'web', '--registry', 'embedded'])).stdout).toBe('30000');
  });

  test('is written by who the system says where git knows nobody, and that is said once', async () => {
    const home = temporaryFolder();
    const nobody = { GIT_AUTHOR_NAME: undefined, GIT_AUTHOR_EMAIL: undefined };
    const vports = runner(home, { env: nobody });
    expect((await vports(['allocate', 'web'])).stderr).toMatch(
      /warning: git has no name and email for you; written as \S+ <.+@.+>/,
    );
    expect((await vports(['allocate', 'api'])).stderr).not.toMatch(/git does not know/);
    git(home, 'config', '--file', join(home, '.gitconfig'), 'user.name', 'Grace Hopper');
    git(home, 'config', '--file', join(home, '.gitconfig'), 'user.email', 'grace@example.com');
    await vports(['allocate', 'ui']);
    expect(json(await vports(['log', 'ui', '--json'])).events[0].by).toMatchObject({
      name: 'Grace Hopper',
      email: 'grace@example.com',
    });
  });

  test('lies where VPORTS_HOST_LOG or XDG_DATA_HOME says', async () => {
    const home = temporaryFolder();
    const vports = runner(home);
    await vports(['allocate', 'a'], { env: { VPORTS_HOST_LOG: join(home, 'x/log.git') } });
    await vports(['allocate', 'a'], { env: { XDG_DATA_HOME: join(home, 'data') } });
    expect(eventFiles(join(home, 'x/log.git'))).toHaveLength(1);
    expect(eventFiles(join(home, 'data/vports/host.git'))).toHaveLength(1);
  });
});

test('a registry with a remote wants to know who writes', async () => {
  const { vports, registry } = await project();
  git(registry, 'clone', '-q', '--bare', '.', '../remote.git');
  git(registry, 'remote', 'add', 'origin', '../remote.git');
  const env = { GIT_AUTHOR_NAME: undefined, GIT_AUTHOR_EMAIL: undefined };
  const run = await vports(['allocate', 'web', '--json'], { env });
  expect(run.status).toBe(78);
  expect(json(run).error).toMatchObject({
    code: 'NO_IDENTITY',
    hint: expect.stringContaining('git config --global user.name'),
  });
  // What is leased goes to this machine's log, which nobody else reads.
  const leased = await vports(['allocate', 'e2e', '--ttl', '1h', '--json'], { env });
  expect([leased.status, json(leased).commits[0].log]).toEqual([0, 'host']);
  const ran = await vports(['exec', 'e2e-run', '--', process.execPath, '-e', 'process.exit(7)'], { env });
  expect(ran.status).toBe(7);
});

test('without git an index that only git understands is refused, and stays as it is', async () => {
  const { home, registry } = await project();
  git(registry, 'config', 'core.splitIndex', 'true');
  git(registry, 'update-index', '--split-index');
  const env = { PATH: '/nonexistent', VPORTS_REGISTRY: registry };
  const run = await runner(home, { env })(['allocate', 'web', '--json']);
  expect(json(run).error).toMatchObject({ code: 'UNSUPPORTED_REPOSITORY' });
  expect(git(registry, 'status', '--porcelain')).toBe('');
});

test('on a machine without git everything local works, and git finds it sound afterwards', async () => {
  const home = temporaryFolder();
  const registry = join(home, 'ports');
  const vports = runner(home, {
    env: {
      PATH: '/nonexistent',
      VPORTS_REGISTRY: registry,
      GIT_AUTHOR_NAME: undefined,
      GIT_AUTHOR_EMAIL: undefined,
    },
  });
  put(join(home, '.gitconfig'), '[user]\n\tname = Grace Hopper\n\temail = grace@example.com\n');
  expect((await vports(['init', registry])).status).toBe(0);
  expect((await vports(['allocate', 'web'])).stdout).toBe('30000');
  expect((await vports(['allocate', 'e2e', '--dynamic'])).status).toBe(0);
  expect((await vports(['reassign', 'web'])).stdout).toBe('30001');
  expect(json(await vports(['show', 'web', '--json'])).ports.main.commit).toBe(
    git(registry, 'rev-parse', 'HEAD'),
  );
  expect((await vports(['log', '-n', '1'])).stdout).toMatch(/by Grace Hopper/);
  expect(git(registry, 'status', '--porcelain')).toBe('');
  fsck(registry);
});

describe('policy', () => {
  test('subjects of commits follow policy.commits, from the commit on that sets it', async () => {
    const { vports, registry } = await project();
    const subjects = () => git(registry, 'log', '-3', '--format=%s').split('\n');
    const bad = await vports(['policy', 'set', 'commits', '{"subject": "chore: ports"}']);
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('must have {subject} in it once')]);
    const set = await vports(['policy', 'set', 'commits', '{"subject": "chore(ports): {subject}"}']);
    expect(set.stdout).toContain('commit subjects: {subject} -> chore(ports): {subject}');
    await vports(['allocate', 'web', '--port', '25001']);
    await vports(['undo', 'HEAD']);
    expect(subjects().every((it) => it.startsWith('chore(ports): '))).toBe(true);
    expect(subjects()[1]).toBe('chore(ports): allocate 25001/tcp to web');
    expect((await vports(['verify'])).status).toBe(0);
  });

  test('is shown, checked and changed in a commit, on a bare registry too', async () => {
    const home = temporaryFolder();
    const registry = join(home, 'ports.git');
    const vports = runner(home, { env: { VPORTS_REGISTRY: registry } });
    await vports(['init', '--bare', registry]);
    expect(json(await vports(['policy', 'show', '--json'])).policy.default).toBe('business');
    expect((await vports(['policy', 'check'])).stdout).toBe('the policy is valid: 21 ranges');
    expect((await vports(['policy', 'set', 'default', 'ai-ml'])).status).toBe(0);
    expect((await vports(['allocate', 'web'])).stdout).toBe('32000');
    expect(git(registry, 'log', '-2', '--format=%s')).toBe(
      'allocate 32000/tcp to web\nset default of the policy',
    );
    expect(git(registry, 'diff', '--stat', 'HEAD~2', 'HEAD~1', '--', 'policy.json')).toMatch(
      /1 insertion\(\+\), 1 deletion/,
    );
    expect((await vports(['policy', 'set', 'default', 'ai-ml', '--json'])).stdout).toContain('"commits": []');
    const bad = await vports(['policy', 'set', 'ranges.databases.to', '21500', '--json']);
    expect(bad.status).toBe(2);
    expect(json(bad).error.message).toMatch(/^range cache-queue .* overlaps databases/);
  });

  test('gets and loses ranges, and tells the difference and whom it leaves outside', async () => {
    const { vports, registry } = await project();
    const added = await vports([
      'policy',
      'add-range',
      'games',
      '12000-12099',
      '--title',
      'Game servers',
      '--match',
      'game-*',
    ]);
    expect(added.stdout).toBe('new range games: 12000-12099, "Game servers" in Others, for game-*');
    expect((await vports(['allocate', 'game-chess'])).stdout).toBe('12000');
    expect(git(registry, 'diff', '--numstat', 'HEAD~2', 'HEAD~1', '--', 'policy.json')).toMatch(/^\d+\t0\t/);
    const again = await vports(['policy', 'add-range', 'games', '13000-13099', '--json']);
    expect([again.status, json(again).error.code]).toEqual([2, 'BAD_USAGE']);
    const over = await vports(['policy', 'add-range', 'more', '12050-12199', '--json']);
    expect([over.status, json(over).error.code]).toEqual([2, 'BAD_USAGE']);
    expect((await vports(['policy', 'add-range', 'more', '12-x'])).status).toBe(2);

    const tried = json(await vports(['policy', 'remove-range', 'games', '--dry-run', '--json']));
    const stranded = [{ port: 12000, protocol: 'tcp', resource: 'game-chess', name: 'main' }];
    expect(tried).toMatchObject({ dryRun: true, commits: [], stranded });
    const refused = await vports(['policy', 'remove-range', 'games', '--json']);
    expect([refused.status, json(refused).error.message]).toEqual([
      2,
      'game-chess on 12000/tcp is now outside every range, or reserved. (cannot prompt: not a terminal)',
    ]);
    const removed = await vports(['policy', 'remove-range', 'games', '-y', '--reason', 'played enough']);
    expect(removed.stdout).toBe(
      'removed range games: 12000-12099, "Game servers" in Others, for game-*\ngame-chess on 12000/tcp is now outside every range, or reserved',
    );
    expect((await vports(['policy', 'remove-range', 'games', '--json'])).stdout).toContain('UNKNOWN_RANGE');
    expect((await vports(['policy', 'remove-range', 'business'])).status).toBe(78);
    expect((await vports(['get', 'game-chess'])).stdout).toBe('12000');
    fsck(registry);
  });

  test('add-range --split takes a range out of another one, in a commit, and holders stay', async () => {
    const { vports, registry } = await project();
    await vports(['allocate', 'web', '--port', '30550']);
    const inside = ['policy', 'add-range', 'games', '30500-30599'];
    const refused = await vports(inside);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('add --split')]);
    const split = await vports([...inside, '--split']);
    expect(split.stdout.split('\n')).toEqual([
      expect.stringMatching(/^new range games: 30500-30599/),
      expect.stringMatching(/^new range business-2: 30600-30999, "Business services and APIs"/),
      expect.stringMatching(/^range business: 30000-30999,.* -> 30000-30499/),
    ]);
    expect((await vports(['get', 'web'])).stdout).toBe('30550');
    expect(git(registry, 'rev-list', '--count', 'HEAD')).toBe('3');
    expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
  });

  describe('move-range', () => {
    async function games() {
      const made = await project();
      const { vports } = made;
      await vports(['policy', 'add-range', 'games', '12000-12099']);
      for (const [name, port] of [
        ['zork', '12001'],
        ['chess', '12002'],
        ['go', '12050'],
      ] as const)
        await vports(['register', name, port]);
      return made;
    }

    test('is refused where it leaves held ports outside, and -y lets it', async () => {
      const { vports, registry } = await games();
      const head = git(registry, 'rev-parse', 'HEAD');
      const refused = json(await vports(['policy', 'move-range', 'games', '12050-12149', '--json']));
      expect(refused.error.message).toMatch(/zork on 12001\/tcp .*, chess on 12002\/tcp is now outside/);
      expect(git(registry, 'rev-parse', 'HEAD')).toBe(head);
      const moved = await vports(['policy', 'move-range', 'games', '12050-12149', '-y']);
      expect(moved.stdout).toMatch(/^range games: 12000-12099.* -> 12050-12149/);
      expect((await vports(['get', 'zork'])).stdout).toBe('12001');
      expect((await vports(['policy', 'move-range', 'nowhere', '1-2'])).status).toBe(2);
      for (const bounds of ['20000-20001', '13000-12000', '1-x'])
        expect((await vports(['policy', 'move-range', 'games', bounds, '-y'])).status).toBe(2);
    });

    test('--reassign moves the claims too, in order and in one commit, which undo takes back', async () => {
      const { vports, registry } = await games();
      const policy = readFileSync(join(registry, 'policy.json'), 'utf8');
      git(registry, 'branch', 'before');
      const tried = await vports(['policy', 'move-range', 'games', '12050-12149', '--reassign', '--dry-run']);
      expect(tried.stderr).toMatch(/dry run: would write events[\s\S]*dry run: policy.json would change/);
      const moved = await vports(['policy', 'move-range', 'games', '12050-12149', '--reassign']);
      expect(moved.stdout.split('\n').slice(1)).toEqual([
        'zork moves from 12001 to 12051/tcp',
        'chess moves from 12002 to 12052/tcp',
      ]);
      expect(moved.stderr).toContain('committed 4 events and policy.json to the registry');
      expect(git(registry, 'log', '--format=%s', 'before..')).toBe('move the range games');
      const { ports } = json(await vports(['show', 'zork', '--json']));
      expect(ports.main).toMatchObject({ port: 12051, range: 'games' });
      expect((await vports(['verify'])).stdout).toMatch(/^OK: /);
      expect((await vports(['verify', '--base', 'before'])).stdout).toMatch(/^OK: /);
      expect((await vports(['get', 'go'])).stdout).toBe('12050');

      const undone = await vports(['undo', 'HEAD']);
      expect(undone.status).toBe(0);
      expect((await vports(['get', 'zork'])).stdout).toBe('12001');
      expect(readFileSync(join(registry, 'policy.json'), 'utf8')).toBe(policy);
      expect((await vports(['verify', '--base', 'before'])).stdout).toMatch(/^OK: /);
      fsck(registry);
    });

    test('--reassign of more claims than the new bounds hold changes nothing', async () => {
      const { vports, registry } = await games();
      const head = git(registry, 'rev-parse', 'HEAD');
      const full = json(
        await vports(['policy', 'move-range', 'games', '13000-13001', '--reassign', '--json']),
      );
      expect(full.error.code).toBe('RANGE_FULL');
      expect(git(registry, 'rev-parse', 'HEAD')).toBe(head);
    });
  });

  testWith('script')('asks at a terminal before it leaves held ports outside', async () => {
    const { home, vports, registry } = await project();
    await vports(['allocate', 'web']);
    const before = git(registry, 'rev-parse', 'HEAD');
    const terminal = () =>
      Terminal.startVports('policy set ranges.business.from 30100', {
        cwd: home,
        env: {
          HOME: home,
          VPORTS_REGISTRY: registry,
          GIT_AUTHOR_NAME: 'Ada',
          GIT_AUTHOR_EMAIL: 'ada@example.com',
        },
      });
    const question = /web on 30000\/tcp is now outside every range, or reserved\r?\nContinue\? \[y\/N\]/;
    // Whoever ends the terminal has not said yes.
    for (const no of ['n\n', '\u0004']) {
      const refused = terminal();
      await refused.answer(question, no);
      await refused.ended();
      expect(refused.screen).toMatch(/nothing was changed/);
      expect(git(registry, 'rev-parse', 'HEAD')).toBe(before);
    }
    const agreed = terminal();
    await agreed.answer(question, 'y\n');
    expect(await agreed.ended()).toBe(0);
    expect(git(registry, 'log', '-1', '--format=%s')).toBe('set ranges.business.from of the policy');
  });

  test('keeps what was typed where it cannot be taken, and takes it once it is mended', async () => {
    const { vports, registry } = await project();
    const editor = put(
      join(registry, '../break.sh'),
      'sed -i \'s/"default": "business"/"default": "nowhere"/\' "$1"\n',
    );
    const refused = await vports(['policy', 'edit'], {
      env: { GIT_EDITOR: `sh '${editor}'`, EDITOR: 'false' },
    });
    expect(refused.status).toBe(78);
    const [, kept = ''] = /`vports policy edit --from (\S+)`/.exec(refused.stderr) ?? [];
    expect(readFileSync(kept, 'utf8')).toContain('"default": "nowhere"');
    put(kept, readFileSync(kept, 'utf8').replace('nowhere', 'ai-ml'));
    expect((await vports(['policy', 'edit', '--from', kept])).stdout).toBe(
      'default range: business -> ai-ml',
    );
    rmSync(dirname(kept), { recursive: true });
  });

  test("is edited with the editor of the user's git, never with that of a repository", async () => {
    const { home, vports, registry } = await project();
    git(registry, 'config', 'core.editor', 'touch pwned; false');
    const editor = put(
      join(registry, '../edit.sh'),
      'sed -i \'s/"default": "business"/"default": "ai-ml"/\' "$1"\n',
    );
    put(join(home, '.gitconfig'), `[core]\n\teditor = sh '${editor}'\n`);
    const run = await vports(['policy', 'edit'], { cwd: registry });
    expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('committed')]);
    expect(existsSync(join(registry, 'pwned'))).toBe(false);
  });

  test('is changed in an editor, and left alone where that fails', async () => {
    const { vports, registry } = await project();
    const editor = put(
      join(registry, '../edit.sh'),
      'sed -i \'s/"default": "business"/"default": "ai-ml"/\' "$1"\n',
    );
    const before = git(registry, 'rev-parse', 'HEAD');
    expect((await vports(['policy', 'edit'], { env: { EDITOR: 'false' } })).status).toBe(2);
    expect((await vports(['policy', 'edit'])).status).toBe(2);
    expect(git(registry, 'rev-parse', 'HEAD')).toBe(before);
    const run = await vports(['policy', 'edit'], { env: { EDITOR: `sh '${editor}'` } });
    expect(run.status, run.stderr).toBe(0);
    expect(json(await vports(['policy', 'show', '--json'])).policy.default).toBe('ai-ml');
    expect(readFileSync(join(registry, 'policy.json'), 'utf8')).toContain('"default": "ai-ml"');
  });
});

describe('stats', () => {
  test('tells how full the ranges are, who holds how many, and what nobody uses', async () => {
    const { vports } = await project();
    await vports(['allocate', 'web', '--owner', 'team-web']);
    const { ranges, owners, unused } = json(await vports(['stats', '--json']));
    expect(ranges.find(({ id }: { id: string }) => id === 'business')).toMatchObject({
      size: 1000,
      held: 1,
      free: 999,
    });
    expect(owners).toEqual([{ owner: 'team-web', ports: 1, resources: 1 }]);
    expect(unused).toEqual([]);
    const text = await vports(['stats']);
    expect(text.stdout).toMatch(/^RANGE +HELD +FREE +FULL +HISTORY\nbusiness +1 +999 /);
    const csv = (await vports(['stats', '--format', 'csv'])).stdout.split('\n');
    expect(csv).toEqual(expect.arrayContaining(['range,size,held,free', 'business,1000,1,999']));
  });
});

describe('init', () => {
  test('is done once, and says so', async () => {
    const { vports, registry } = await project();
    expect(json(await vports(['init', registry, '--json']))).toEqual({
      path: registry,
      created: false,
      warnings: [],
    });
    expect(git(registry, 'log', '--format=%s')).toBe('start the registry of ports');
    expect(git(registry, 'status', '--porcelain')).toBe('');
    expect(git(registry, 'config', 'receive.denyCurrentBranch')).toBe('updateInstead');
    fsck(registry);
  });

  test('of many at once is done by one, and found done by the others', async () => {
    const home = temporaryFolder();
    const vports = runner(home);
    const runs = await Promise.all(Array.from({ length: 12 }, () => vports(['init', 'ports', '--json'])));
    expect(runs.map((run) => run.status)).toEqual(runs.map(() => 0));
    expect(runs.filter((run) => json(run).created)).toHaveLength(1);
    expect(git(join(home, 'ports'), 'status', '--porcelain')).toBe('');
  });

  test('of a repository that is no registry is refused, and of a half-full folder writes nothing', async () => {
    const home = temporaryFolder();
    git(home, 'init', '-q', 'plain');
    expect(json(await runner(home)(['init', 'plain', '--json'])).error).toMatchObject({ code: 'CONFLICT' });
    put(join(home, 'half/policy.json'), 'mine');
    expect((await runner(home)(['init', 'half'])).status).toBe(1);
    expect(existsSync(join(home, 'half/README.md'))).toBe(false);
  });

  test('keeps away from a folder with other things in it', async () => {
    const home = temporaryFolder();
    put(join(home, 'full/thesis.txt'), 'years of work');
    const run = await runner(home)(['init', 'full', '--json']);
    expect(run.status).toBe(1);
    expect(json(run).error).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('thesis.txt'),
    });
    expect(existsSync(join(home, 'full/.git'))).toBe(false);
  });

  test('gives a registry that is used from inside without saying which', async () => {
    const { registry, home } = await project();
    const vports = runner(home, { cwd: registry });
    expect((await vports(['allocate', 'web'])).stdout).toBe('30000');
    expect(eventFiles(registry)).toHaveLength(1);
  });
});

test('an identity that git has for where the user stands is theirs, wherever the registry is', async () => {
  const home = temporaryFolder();
  const registry = join(temporaryFolder(), 'ports.git');
  const nobody = { GIT_AUTHOR_NAME: undefined, GIT_AUTHOR_EMAIL: undefined, VPORTS_REGISTRY: registry };
  const vports = runner(home, { env: nobody });
  expect((await vports(['init', '--bare', registry])).status).toBe(0);
  put(
    join(home, '.gitconfig'),
    '[user]\n\tname = Ada\n\temail = ada@home\n[includeIf "gitdir:~/employer/"]\n\tpath = employer.ini\n',
  );
  put(join(home, 'employer.ini'), '[user]\n\temail = ada@employer\n');
  const shop = join(home, 'employer/shop');
  mkdirSync(shop, { recursive: true });
  git(shop, 'init', '-q');
  // What a project says of itself is not the user's word.
  git(shop, 'config', 'user.name', 'Mallory');
  await vports(['allocate', 'web'], { cwd: shop });
  await vports(['allocate', 'api'], { cwd: home });
  expect(git(registry, 'log', '-2', '--format=%an %ae').split('\n')).toEqual([
    'Ada ada@home',
    'Ada ada@employer',
  ]);
});
