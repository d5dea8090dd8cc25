import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/children.js';
import { put, temporaryFolder } from '../support/folders.js';
import { eventFiles, fsck, git, tryGit } from '../support/git.js';
import { type GitHttp, gitHttp } from '../support/git-http.js';
import { testWith } from '../support/needs.js';
import { type Run, runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';
import { sshd } from '../support/sshd.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** A registry on a git host, and machines that know it by its URL. */
async function team() {
  const folder = temporaryFolder();
  const remote = join(folder, 'ports.git');
  await placeRegistry(remote, { bare: true });
  const http = await gitHttp(folder);
  const machine = (registry = http.url('ports.git'), env: Record<string, string> = {}) => {
    const home = temporaryFolder();
    put(join(home, '.vports.json'), JSON.stringify({ registry }));
    const vports = runner(home, { env });
    const clone = () => {
      const remotes = join(home, '.local/share/vports/remotes');
      return join(remotes, readdirSync(remotes)[0]!);
    };
    return { home, vports, clone };
  };
  return { folder, remote, http, machine };
}

/** The clone agrees with the remote, and nothing is left on its way. */
function settled(clone: string, remote: string): void {
  expect(git(clone, 'rev-parse', 'main')).toBe(git(remote, 'rev-parse', 'main'));
  expect(tryGit(clone, 'rev-parse', '--verify', '-q', 'refs/vports/queue').status).toBe(1);
  fsck(clone);
  fsck(remote);
}

describe('a registry at a URL', () => {
  test('needs nothing but the URL: it is cloned, written, pushed, and read without a network', async () => {
    const { remote, machine, http, folder } = await team();
    const { vports, clone } = machine();
    const run = await vports(['allocate', 'web', '--port', '26601', '--json']);
    expect(json(run)).toMatchObject({
      ports: { main: { port: 26601, created: true } },
      commits: [{ log: 'registry', ref: 'refs/heads/main', oid: git(remote, 'rev-parse', 'main') }],
      published: 'pushed',
    });
    expect(run.stderr).toContain(`pushed to ${http.url('ports.git')}`);
    const introduced =
      'first push to this remote from here; you appear there as Ada Lovelace <ada@example.com>';
    expect(run.stderr).toContain(introduced);
    settled(clone(), remote);
    expect((await vports(['describe', 'web', '--owner', 'me'])).stderr).not.toContain('you are');
    expect(json(await vports(['allocate', 'web', '--json']))).toMatchObject({
      ports: { main: { port: 26601, created: false } },
      commits: [],
    });
    renameSync(remote, join(folder, 'away.git'));
    expect((await vports(['get', 'web'])).stdout).toBe('26601');
  });

  test('what another machine has published is there for the next write, and for sync', async () => {
    const { machine, remote } = await team();
    const [ada, ben] = [machine(), machine()];
    await ada.vports(['allocate', 'web']);
    expect((await ben.vports(['allocate', 'api', '--port', '26602'])).stdout).toBe('26602');
    expect((await ada.vports(['who', '26602'])).stdout).toContain('free in the registry');
    const synced = await ada.vports(['sync', '--json']);
    expect(json(synced).pulled).toMatchObject([{ port: 26602, resource: 'api' }]);
    expect((await ada.vports(['sync'])).stderr).toBe('nothing new');
    expect((await ada.vports(['who', '26602'])).stdout).toContain('held by api');
    expect((await ada.vports(['release', 'api'])).stdout).toBe('26602');
    expect((await ben.vports(['allocate', 'again', '--port', '26602'])).stdout).toBe('26602');
    settled(ben.clone(), remote);
  });

  test('a lock that a killed git has left here is nobody’s, and at the remote it is named', {
    tags: ['slow'],
  }, async () => {
    const { machine, remote } = await team();
    const { vports, clone } = machine();
    await vports(['allocate', 'web', '--port', '26605']);
    const [here, there] = [
      join(clone(), 'vports/transport/refs/remotes/origin/main.lock'),
      join(remote, 'refs/heads/main.lock'),
    ];
    await machine().vports(['allocate', 'other']);
    put(here, '');
    expect((await vports(['allocate', 'api', '--port', '26606'])).stdout).toBe('26606');
    expect(existsSync(here)).toBe(false);
    put(there, '');
    const run = await vports(['allocate', 'more', '--json']);
    expect([run.status, json(run).error.message]).toEqual([
      69,
      expect.stringMatching(/a stale lock, .*refs\/heads\/main\.lock, blocks it$/),
    ]);
    expect((await vports(['list'])).stdout).not.toContain('more');
    rmSync(there);
    expect((await vports(['allocate', 'more'])).status).toBe(0);
    settled(clone(), remote);
  });

  test.each([
    ['of a clock that was ahead', () => String(Date.now() + 1e11)],
    ['of another boot', () => JSON.stringify({ boot: 'another', at: 1e15 })],
    ['torn', () => '{"boot'],
  ])('a last look %s keeps nobody from looking', { tags: ['slow'] }, async (_, told) => {
    const { machine } = await team();
    const [ada, ben] = [machine(), machine()];
    expect((await ada.vports(['allocate', 'web', '--port', '26605'])).status).toBe(0);
    writeFileSync(join(ada.clone(), 'vports/transport/last-look'), told());
    expect((await ben.vports(['allocate', 'api', '--port', '26606'])).stdout).toBe('26606');
    expect(json(await ada.vports(['sync', '--json'])).pulled).toMatchObject([{ port: 26606 }]);
    writeFileSync(join(ada.clone(), 'vports/transport/last-look'), told());
    expect((await ben.vports(['allocate', 'more', '--port', '26607'])).status).toBe(0);
    expect((await ada.vports(['allocate', 'mine', '--port', '26607'])).stdout).not.toBe('26607');
  });

  testWith('sshd', 'ssh', 'ssh-keygen')('over ssh', { tags: ['slow'] }, async () => {
    const { remote, machine } = await team();
    const server = await sshd(26501);
    const { vports, clone } = machine(server.url(remote), { GIT_SSH_COMMAND: server.command });
    expect(json(await vports(['allocate', 'web', '--json'])).published).toBe('pushed');
    settled(clone(), remote);
  });

  test('over http on a machine without git: as with it, and git finds it sound afterwards', async () => {
    const { remote, machine, http, folder } = await team();
    const ben = machine();
    const { vports, clone } = machine(http.url('ports.git'), { PATH: '/nonexistent' });
    expect(json(await vports(['allocate', 'web', '--json'])).published).toBe('pushed');
    settled(clone(), remote);
    await ben.vports(['allocate', 'api', '--port', '26602']);
    expect(json(await vports(['sync', '--json'])).pulled).toMatchObject([{ port: 26602 }]);
    expect((await vports(['release', 'api'])).stdout).toBe('26602');
    expect(json(await vports(['allocate', 'more', '--branch', 'topic', '--json'])).published).toBe('pushed');
    expect(eventFiles(remote, 'topic')).toHaveLength(4);
    expect((await ben.vports(['get', 'web'])).stdout).toBe('30000');
    settled(clone(), remote);

    let raced = false;
    http.intercept(async (service, method) => {
      if (service !== 'git-receive-pack' || method !== 'POST' || raced) return undefined;
      raced = true;
      await ben.vports(['allocate', 'faster', '--port', '26603']);
      return undefined;
    });
    expect((await vports(['allocate', 'slower', '--port', '26603'])).stdout).not.toBe('26603');
    settled(clone(), remote);
    const seen = git(clone(), 'rev-parse', 'main');
    git(remote, 'update-ref', 'refs/heads/main', 'main~1');
    const rewritten = json(await vports(['sync', '--json'])).error;
    expect(rewritten).toMatchObject({
      code: 'HISTORY_REWRITTEN',
      details: { seen, missing: [expect.any(String)] },
    });
    http.intercept(() => 401);
    expect(json(await vports(['sync', '--json'])).error.message).toContain(
      'credentials are refused or missing',
    );
    git(folder, 'init', '-q', '--bare', 'new.git');
    http.intercept(() => undefined);
    const made = await vports(['init', 'own', '--remote', http.url('new.git')]);
    expect([made.status, git(join(folder, 'new.git'), 'rev-list', '--count', 'main')]).toEqual([0, '1']);
    expect((await vports(['list', '--registry', 'git@host:ports.git'])).stderr).toContain(
      'git is not installed',
    );
  });

  test('what waits for an answer that never comes ends with an error and not in silence', async () => {
    const { machine, http } = await team();
    const { home, vports } = machine(http.url('ports.git'), { PATH: '/nonexistent' });
    const silent = put(
      join(home, 'silent.mjs'),
      "import http from 'node:http';\nhttp.request = () => ({ on() {}, end() {} });\n",
    );
    const run = await vports(['allocate', 'web', '--json'], { nodeArgs: ['--import', silent] });
    expect([run.status, json(run).error.code]).toEqual([70, 'INTERNAL']);
  });

  test.each<[string, (folder: string) => string]>([
    ['a repository that is none', (folder) => `file://${folder}/none.git`],
    ['a host that is not there', () => 'http://127.0.0.1:9/ports.git'],
  ])('%s: exit 69, and nothing is left behind', async (_, url) => {
    const { machine, folder } = await team();
    const { vports, home } = machine(url(folder));
    const run = await vports(['allocate', 'web', '--json']);
    expect(run.status).toBe(69);
    expect(json(run).error.code).toBe('REMOTE_UNREACHABLE');
    expect(readdirSync(join(home, '.local/share/vports/remotes'))).toEqual([]);
  });

  test('a repository that is empty, or no registry: exit 78', async () => {
    const { machine, folder } = await team();
    git(folder, 'init', '-q', '--bare', 'empty.git');
    git(folder, 'init', '-q', 'other');
    git(join(folder, 'other'), 'commit', '-q', '--allow-empty', '-m', 'x');
    for (const url of [`file://${folder}/empty.git`, `file://${folder}/other`]) {
      const run = await machine(url).vports(['allocate', 'web', '--json']);
      expect(run.status).toBe(78);
      expect(json(run).error.code).toBe('REGISTRY_NOT_FOUND');
    }
  });

  test('passwords in the URL are shown to nobody', async () => {
    const { machine, http } = await team();
    const { vports } = machine(http.url('ports.git').replace('//', '//ada:s3cret@'));
    const run = await vports(['allocate', 'web']);
    expect(run.status).toBe(0);
    expect(run.stderr).toContain('pushed to http://127.0.0.1');
    expect(run.stderr + run.stdout).not.toContain('s3cret');
  });
});

describe('a write whose registry was looked at a moment ago', () => {
  const looks = (http: GitHttp) => http.count('git-upload-pack');

  test('is pushed without another look, and one about a certain port is not', async () => {
    const { http, machine, remote } = await team();
    const ada = machine();
    // One write in years: within seconds of the last look there is hardly another one.
    const env = {
      ...process.env,
      GIT_AUTHOR_DATE: '2020-01-01T00:00:00Z',
      GIT_COMMITTER_DATE: '2020-01-01T00:00:00Z',
    };
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    const commit = ['-C', remote, ...who, 'commit-tree', 'main^{tree}', '-m', 'long ago'];
    git(
      remote,
      'update-ref',
      'refs/heads/main',
      execFileSync('git', commit, { encoding: 'utf8', env }).trim(),
    );
    await ada.vports(['sync']);
    const before = looks(http);
    expect((await ada.vports(['allocate', 'first'])).status).toBe(0);
    const first = looks(http);
    expect((await ada.vports(['allocate', 'second', '--port', '25555'])).status).toBe(0);
    expect([first - before, looks(http) - first]).toEqual([0, 1]);
    expect(eventFiles(remote, 'main')).toHaveLength(2);
    settled(ada.clone(), remote);
  });

  test('is decided again where somebody has written meanwhile, and nobody gets the same port', async () => {
    const { machine, remote } = await team();
    const [ada, ben] = [machine(), machine()];
    await ada.vports(['sync']);
    const theirs = await ben.vports(['allocate', 'theirs']);
    const ours = await ada.vports(['allocate', 'ours']);
    expect([theirs.status, ours.status]).toEqual([0, 0]);
    expect(ours.stdout).not.toBe(theirs.stdout);
    expect(eventFiles(remote, 'main')).toHaveLength(2);
    settled(ada.clone(), remote);
  });

  test('of a remote that went back is refused, and what was taken back is not published again', async () => {
    const { machine, remote } = await team();
    const ada = machine();
    const start = git(remote, 'rev-parse', 'main');
    await ada.vports(['allocate', 'first']);
    git(remote, 'update-ref', 'refs/heads/main', start);
    expect((await ada.vports(['allocate', 'second'])).status).toBe(65);
    expect(git(remote, 'rev-parse', 'main')).toBe(start);
  });
});

describe('a push that does not go through', () => {
  /** Lets another machine win the race once, right before a push arrives. */
  async function beaten(http: GitHttp, other: () => Promise<unknown>) {
    let done = false;
    http.intercept(async (service, method) => {
      if (service !== 'git-receive-pack' || method !== 'POST' || done) return undefined;
      done = true;
      await other();
      return undefined;
    });
  }

  test('because somebody was faster is decided again on what there is now', async () => {
    const { http, machine, remote } = await team();
    const [ada, ben] = [machine(), machine()];
    await beaten(http, () => ben.vports(['allocate', 'first']));
    const run = await ada.vports(['allocate', 'second']);
    expect(run.status).toBe(0);
    expect(eventFiles(remote, 'main')).toHaveLength(2);
    settled(ada.clone(), remote);
  });

  test('because somebody gave the same name a port is answered by that', async () => {
    const { http, machine, remote } = await team();
    const [ada, ben] = [machine(), machine()];
    await beaten(http, () => ben.vports(['allocate', 'web', '--port', '30007']));
    const run = await ada.vports(['allocate', 'web', '--json']);
    expect(json(run)).toMatchObject({ ports: { main: { port: 30007, created: false } }, events: [] });
    expect(eventFiles(remote, 'main')).toHaveLength(1);
    settled(ada.clone(), remote);
  });

  test('whose answer is lost is recognised: one event, exit 0', async () => {
    const { http, machine, remote } = await team();
    let swallowed = 0;
    http.swallow((service, method) => {
      const once = service === 'git-receive-pack' && method === 'POST' && swallowed === 0;
      if (once) swallowed++;
      return once;
    });
    const { vports, clone } = machine();
    const run = await vports(['allocate', 'web', '--json']);
    expect(swallowed).toBe(1);
    expect(json(run)).toMatchObject({ ports: { main: { created: true } }, published: 'pushed' });
    expect(eventFiles(remote, 'main')).toHaveLength(1);
    settled(clone(), remote);
  });

  test('because a hook or a protected branch refuses it: exit 69, and nothing is pending', async () => {
    const { machine, remote } = await team();
    const { vports, clone } = machine();
    await vports(['list']);
    chmodSync(
      put(
        join(remote, 'hooks/pre-receive'),
        '#!/bin/sh\necho "main changes by pull request only" >&2; exit 1\n',
      ),
      0o755,
    );
    const run = await vports(['allocate', 'web', '--json']);
    expect(run.status).toBe(69);
    expect(json(run).error).toMatchObject({
      code: 'PUSH_REJECTED',
      message: expect.stringContaining('main changes by pull request only'),
      hint: expect.stringContaining('--branch'),
    });
    settled(clone(), remote);
  });
});

test('who pushes together with a change that the remote refuses is not refused with it', {
  tags: ['slow'],
}, async () => {
  const { machine, remote } = await team();
  const { vports, clone } = machine();
  await vports(['list']);
  const hook = `#!/bin/sh
sleep 0.2
while read old new ref; do
  git diff --name-only $old $new | grep -q 30666 && { echo "30666 is not welcome" >&2; exit 1; }
done
exit 0
`;
  chmodSync(put(join(remote, 'hooks/pre-receive'), hook), 0o755);
  const all = Array.from({ length: 9 }, (_, each) =>
    vports(['allocate', `s${each}`, '--json', ...(each % 3 === 1 ? ['--port', '30666'] : [])]),
  );
  const told = (await Promise.all(all)).map((run) => json(run).error?.message ?? '');
  const refused = told.filter((it) => it !== '');
  expect(refused.length).toBeGreaterThan(0);
  for (const [each, message] of told.entries())
    if (message) expect([each % 3, message]).toEqual([1, expect.stringContaining('30666 is not welcome')]);
  settled(clone(), remote);
});

describe('without the remote', () => {
  test('a shared write exits 69, leases and branches work, and sync pushes what waited', async () => {
    const { machine, remote, folder } = await team();
    const { vports, clone } = machine();
    await vports(['allocate', 'web']);
    renameSync(remote, join(folder, 'away.git'));
    const refused = await vports(['allocate', 'api', '--json']);
    expect(refused.status).toBe(69);
    expect(json(refused).error.hint).toMatch(/leases need no network.*--branch/);
    expect((await vports(['allocate', 'e2e', '--ttl', '1h'])).status).toBe(0);
    expect((await vports(['exec', 'job', '--', 'sh', '-c', 'test -n "$JOB_PORT"'])).status).toBe(0);
    expect((await vports(['release', 'e2e'])).status).toBe(0);
    const branch = await vports(['allocate', 'api', '--branch', 'topic', '--json']);
    expect(json(branch)).toMatchObject({
      published: 'unpushed',
      warnings: [{ code: 'NOT_PUSHED' }],
      commits: [{ ref: 'refs/heads/topic' }],
    });
    expect((await vports(['sync'])).status).toBe(69);

    renameSync(join(folder, 'away.git'), remote);
    expect(json(await vports(['sync', '--json'])).pushed).toEqual(['topic']);
    expect(eventFiles(remote, 'topic')).toHaveLength(2);
    expect(eventFiles(remote, 'main')).toHaveLength(1);
    settled(clone(), remote);
  });
});

describe('proof against rewriting', () => {
  test.each<[string, (remote: string) => void]>([
    ['went back', (remote) => git(remote, 'update-ref', 'refs/heads/main', 'main~1')],
    [
      'went sideways',
      (remote) => {
        const tree = git(remote, 'rev-parse', 'main~2^{tree}');
        git(remote, 'update-ref', 'refs/heads/main', git(remote, 'commit-tree', tree, '-m', 'a new start'));
      },
    ],
  ])('a remote that %s is refused, with what is missing', async (_, rewrite) => {
    const { machine, remote } = await team();
    const { vports, clone } = machine();
    await vports(['allocate', 'web', '--port', '26514']);
    await vports(['allocate', 'api', '--port', '26515']);
    const seen = git(clone(), 'rev-parse', 'main');
    rewrite(remote);
    for (const command of [['allocate', 'more'], ['sync']]) {
      const run = await vports([...command, '--json']);
      expect(run.status).toBe(65);
      expect(json(run).error).toMatchObject({
        code: 'HISTORY_REWRITTEN',
        details: { missing: expect.arrayContaining(['events/tcp/26xxx/265xx/26515/0001.json']), seen },
      });
    }
    expect(git(clone(), 'rev-parse', 'main')).toBe(seen);
    expect((await vports(['get', 'api'])).stdout).toBe('26515');
  });
});

describe('many writers', () => {
  test('of one machine share pushes: each gets a port, none is lost', async () => {
    const { machine, remote, http } = await team();
    const { vports, clone } = machine();
    await vports(['list']);
    // The first one is answered once others wait in the queue for it. On a machine so slow that what is known of the remote is too old
    // by then, they wait for its turn to look, and it goes on without them.
    let isFirst = true;
    http.intercept(async (service, method) => {
      if (service !== 'git-receive-pack' || method !== 'POST' || !isFirst) return undefined;
      isFirst = false;
      const isLate = performance.now() + 15_000;
      await until(
        () =>
          performance.now() > isLate ||
          tryGit(clone(), 'rev-list', '--count', 'main..refs/vports/queue').output.trim() >= '3',
      );
      return undefined;
    });
    const before = http.count('git-receive-pack');
    const runs = await Promise.all(
      Array.from({ length: 12 }, (_, index) => vports(['allocate', `s${index}`, '--json'])),
    );
    expect(runs.map(({ status, stderr }) => [status, stderr.includes('error')])).toEqual(
      runs.map(() => [0, false]),
    );
    expect(new Set(runs.map((run) => json(run).ports.main.port)).size).toBe(12);
    expect(runs.every((run) => json(run).published === 'pushed')).toBe(true);
    expect(eventFiles(remote, 'main')).toHaveLength(12);
    expect(http.count('git-receive-pack') - before).toBeLessThan(12);
    settled(clone(), remote);
  });

  test('go on where the one that pushes is killed', async () => {
    const { machine, remote, http } = await team();
    const { vports, home, clone } = machine();
    await vports(['list']);
    let released = false;
    let pushes = 0;
    http.intercept(async (service, method) => {
      if (service === 'git-receive-pack' && method === 'POST' && pushes++ === 0) await until(() => released);
      return undefined;
    });
    const leader = spawn(process.execPath, [resolve('dist/vports.cjs'), 'allocate', 'leader'], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@b' },
      stdio: 'ignore',
    });
    onTestFinished(() => void leader.kill('SIGKILL'));
    await until(() => pushes > 0);
    const followers = [vports(['allocate', 'one']), vports(['allocate', 'two'])];
    leader.kill('SIGKILL');
    released = true;
    const runs = await Promise.all(followers);
    expect(runs.map(({ status }) => status)).toEqual([0, 0]);
    expect((await vports(['allocate', 'leader'])).status).toBe(0);
    const ports = json(await vports(['list', '--json'])).ports as { resource: string; port: number }[];
    expect(ports.map(({ resource }) => resource).sort()).toEqual(['leader', 'one', 'two']);
    expect(new Set(ports.map(({ port }) => port)).size).toBe(3);
    settled(clone(), remote);
  });

  test('sixteen clones that allocate five ports each: 80 different ports, none lost', {
    tags: ['slow'],
    timeout: 400_000,
  }, async () => {
    const { machine, remote } = await team();
    const machines = Array.from({ length: 16 }, () => machine());
    const ports = await Promise.all(
      machines.map(async ({ vports, home }, clone) => {
        const got: number[] = [];
        for (const half of [
          ['a', 'b'],
          ['c', 'd', 'e'],
        ]) {
          const names = Object.fromEntries(half.map((it) => [it, 'auto']));
          const service = { name: `c${clone}-${half[0]}`, ports: names };
          put(join(home, half[0]!, 'service.json'), JSON.stringify(service));
          const run = await vports(['allocate', service.name, '--dir', half[0]!, '--json']);
          expect(run.status).toBe(0);
          got.push(...Object.values<{ port: number }>(json(run).ports).map(({ port }) => port));
        }
        return got;
      }),
    );
    expect(new Set(ports.flat()).size).toBe(80);
    expect(eventFiles(remote, 'main')).toHaveLength(80);
    fsck(remote);
  });
});

describe('a clone that somebody has checked out', () => {
  async function checkedOut() {
    const { remote, http, machine } = await team();
    const { home, vports } = machine();
    git(home, 'clone', '-q', remote, 'ports');
    const clone = join(home, 'ports');
    git(clone, 'remote', 'set-url', 'origin', http.url('ports.git'));
    const here = (args: string[]) => vports(args, { env: { VPORTS_REGISTRY: clone } });
    return { remote, machine, clone, here, http };
  }

  test('is written where all share it, follows the others, and keeps what is staged and changed', async () => {
    const { remote, machine, clone, here } = await checkedOut();
    await machine().vports(['allocate', 'web', '--port', '26511']);
    put(join(clone, 'notes.txt'), 'mine');
    git(clone, 'add', 'notes.txt');
    put(join(clone, 'README.md'), 'changed\n');
    const run = await here(['allocate', 'api', '--port', '26512', '--json']);
    expect(json(run)).toMatchObject({ ports: { main: { port: 26512 } }, published: 'pushed' });
    expect(git(clone, 'status', '--porcelain').split('\n')).toEqual([' M README.md', 'A  notes.txt']);
    expect(eventFiles(clone)).toEqual(eventFiles(remote, 'main'));
    settled(clone, remote);
  });

  test('on another branch is pushed there', async () => {
    const { remote, clone, here } = await checkedOut();
    git(clone, 'switch', '-q', '-c', 'topic');
    expect(json(await here(['allocate', 'api', '--json']))).toMatchObject({
      published: 'pushed',
      commits: [{ ref: 'refs/heads/topic' }],
    });
    expect(git(clone, 'status', '--porcelain')).toBe('');
    expect(eventFiles(remote, 'topic')).toHaveLength(1);
    expect(tryGit(remote, 'ls-tree', '-r', 'main', 'events').output).toBe('');
  });

  test('on another branch, of a remote whose HEAD names no branch, is pushed there too', async () => {
    const { remote, clone, here } = await checkedOut();
    git(remote, 'symbolic-ref', 'HEAD', 'refs/heads/none');
    git(clone, 'remote', 'set-head', 'origin', '--delete');
    git(clone, 'switch', '-q', '-c', 'topic');
    expect(json(await here(['allocate', 'api', '--json']))).toMatchObject({
      published: 'pushed',
      commits: [{ ref: 'refs/heads/topic' }],
    });
  });

  test('on a branch that somebody else pushes to meanwhile keeps its commit, files and index together', async () => {
    const { clone, here, http, machine } = await checkedOut();
    git(clone, 'switch', '-q', '-c', 'topic');
    let done = false;
    http.intercept(async (service, method) => {
      if (service !== 'git-receive-pack' || method !== 'POST' || done) return undefined;
      done = true;
      await machine().vports(['allocate', 'web', '--port', '26516', '--branch', 'topic']);
      return undefined;
    });
    const run = await here(['allocate', 'api', '--port', '26517', '--json']);
    expect([run.status, json(run).error.code]).toEqual([1, 'CONFLICT']);
    expect(git(clone, 'status', '--porcelain')).toBe('');
    expect(eventFiles(clone)).toEqual(['events/tcp/26xxx/265xx/26517/0001.json']);
  });

  test('whose changes stand in the way is refused, and says so', async () => {
    const { machine, clone, here } = await checkedOut();
    await machine().vports(['allocate', 'web', '--port', '26513']);
    put(join(clone, 'events/tcp/26xxx/265xx/26513/0001.json'), 'mine');
    const run = await here(['allocate', 'api', '--json']);
    expect(run.status).toBe(1);
    expect(json(run).error).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('cannot follow the remote'),
    });
  });

  test('whose shared branch has commits that the remote has not is refused, and nothing is pushed', async () => {
    const { remote, clone, here } = await checkedOut();
    const before = git(remote, 'rev-parse', 'main');
    git(clone, 'commit', '-q', '--allow-empty', '-m', 'mine');
    const run = await here(['allocate', 'api', '--json']);
    expect(run.status).not.toBe(0);
    expect(json(run).error.message).toMatch(/main in .* has commits that http.* lacks/);
    expect(git(remote, 'rev-parse', 'main')).toBe(before);
  });

  test('hands a token that its configuration has as a header to the remote, and runs none of its programs', async () => {
    const { clone, here } = await checkedOut();
    mkdirSync(join(clone, 'out'));
    for (const key of ['core.sshCommand', 'core.fsmonitor', 'credential.helper', 'core.askPass']) {
      git(clone, 'config', key, `touch ${join(clone, 'out', 'ran')}; false`);
    }
    expect((await here(['allocate', 'api'])).status).toBe(0);
    expect(readdirSync(join(clone, 'out'))).toEqual([]);
  });
});

test('a branch on a known host comes with the page that opens a pull request', async () => {
  const { machine, folder, remote } = await team();
  const { vports, home } = machine('https://github.com/acme/ports.git');
  put(join(home, '.gitconfig'), `[url "file://${folder}/"]\n\tinsteadOf = https://github.com/acme/\n`);
  const run = await vports(['allocate', 'web', '--branch', 'web/ports']);
  expect(run.stderr).toContain(
    'open a pull request: https://github.com/acme/ports/compare/web/ports?expand=1',
  );
  expect(eventFiles(remote, 'web/ports')).toHaveLength(1);
});

describe('a remote that says no', () => {
  const refusing = (remote: string, branch: string) =>
    chmodSync(
      put(
        join(remote, 'hooks/update'),
        `#!/bin/sh\ncase "$1" in ${branch}) echo "not $1" >&2; exit 1;; esac\n`,
      ),
      0o755,
    );

  test('to a branch leaves no claim on it here, and is told each time', async () => {
    const { remote, machine } = await team();
    const { vports, clone } = machine();
    await vports(['list']);
    refusing(remote, 'refs/heads/feature');
    for (let round = 0; round < 2; round++) {
      const run = await vports(['allocate', 'web', '--branch', 'feature', '--json']);
      expect([run.status, json(run).error.code]).toEqual([69, 'PUSH_REJECTED']);
    }
    expect(tryGit(clone(), 'rev-parse', '-q', '--verify', 'refs/heads/feature').status).toBe(1);
    expect(json(await vports(['allocate', 'api', '--json'])).ports.main.port).toBe(30000);
  });

  test('to a new registry leaves one that is shared with nobody, and the same command publishes it later', async () => {
    const home = temporaryFolder();
    const vports = runner(home);
    const remote = join(home, 'remote.git');
    git(home, 'init', '-q', '--bare', '-b', 'main', remote);
    refusing(remote, 'refs/heads/main');
    const init = ['init', 'ports', '--remote', remote];
    const refused = await vports(init);
    expect([refused.status, refused.stderr]).toEqual([69, expect.stringContaining('has no remote yet')]);
    expect((await vports(['allocate', 'web', '--registry', 'ports'])).status).toBe(0);
    rmSync(join(remote, 'hooks/update'));
    const again = await vports(init);
    expect([again.status, again.stderr]).toEqual([0, expect.stringContaining(`published it to ${remote}`)]);
    expect(git(remote, 'rev-parse', 'main')).toBe(git(join(home, 'ports'), 'rev-parse', 'main'));
    expect(git(join(home, 'ports'), 'status', '-sb')).toBe('## main...origin/main');
    expect(json(await vports(['allocate', 'api', '--registry', 'ports', '--json'])).published).toBe('pushed');
  });

  test('whose branch has another name now is followed by the command that it says', async () => {
    const { remote, machine } = await team();
    const { vports, clone } = machine();
    await vports(['allocate', 'web', '--port', '26691']);
    git(remote, 'branch', '-m', 'main', 'trunk');
    const run = await vports(['allocate', 'api']);
    expect([run.status, run.stderr]).toEqual([65, expect.stringMatching(/renamed its branch main to trunk/)]);
    const [, command] = /`git (.*)` renames it here too/.exec(run.stderr)!;
    git(clone(), ...command!.split(' ').map((it) => it.replaceAll("'", '')));
    expect(json(await vports(['allocate', 'api', '--json']))).toMatchObject({
      published: 'pushed',
      commits: [{ ref: 'refs/heads/trunk' }],
    });
    expect(git(remote, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/trunk');
  });
});
