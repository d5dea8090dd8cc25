import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { eventFiles, fsck, git, tryGit } from '../support/git.js';
import { gitHttp } from '../support/git-http.js';
import { testWith } from '../support/needs.js';
import { type Run, runner, startCommand } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';

const json = (run: Run) => JSON.parse(run.stdout);
const warned = (run: Run) => json(run).warnings.map(({ code }: { code: string }) => code);

/** A registry on a git host, and machines that know it by its URL. */
async function team() {
  const folder = temporaryFolder();
  const remote = join(folder, 'ports.git');
  await placeRegistry(remote, { bare: true });
  const http = await gitHttp(folder);
  const machine = () => {
    const home = temporaryFolder();
    put(join(home, '.vports.json'), JSON.stringify({ registry: http.url('ports.git') }));
    const clone = () => {
      const remotes = join(home, '.local/share/vports/remotes');
      return join(remotes, readdirSync(remotes)[0]!);
    };
    return { home, vports: runner(home), clone, transport: () => join(clone(), 'vports/transport') };
  };
  return { remote, http, machine };
}

type Team = Awaited<ReturnType<typeof team>>;

/** A commit on a branch of the remote, by somebody who uses git alone. Gives its name. */
function commitThere(remote: string, branch: string, onto: string, tree = `${onto}^{tree}`): string {
  const oid = git(remote, 'commit-tree', git(remote, 'rev-parse', tree), '-p', onto, '-m', randomUUID());
  git(remote, 'update-ref', `refs/heads/${branch}`, oid);
  return oid;
}

describe('what was fetched and never followed', () => {
  test('is not what a push expects: nobody’s acknowledged write is dropped', async () => {
    const { remote, machine } = await team();
    const [ada, ben] = [machine(), machine()];
    expect((await ben.vports(['sync'])).status).toBe(0);
    expect((await ada.vports(['allocate', 'ax'])).stdout).toBe('30000');
    // What git has done by the time somebody presses Ctrl-C in `vports sync`.
    git(ben.transport(), 'fetch', '-q', remote, '+refs/heads/*:refs/remotes/origin/*');
    expect((await ben.vports(['allocate', 'bx'])).stdout).toBe('30001');
    expect(eventFiles(remote, 'main')).toHaveLength(2);
    expect((await ada.vports(['sync'])).status).toBe(0);
    expect((await ada.vports(['verify'])).status).toBe(0);
    fsck(remote);
  });
});

test('files that a killed command has left are removed by the next write', async () => {
  const { machine } = await team();
  const ada = machine();
  await ada.vports(['allocate', 'web', '--branch', 'topic']);
  const left = ['vports/transport', 'vports/branches', 'vports/locks', 'objects'].map((folder) =>
    put(join(ada.clone(), folder, 'tmp_obj_1_left'), ''),
  );
  expect((await ada.vports(['allocate', 'api'])).status).toBe(0);
  expect(left.filter((path) => existsSync(path))).toEqual([]);
});

describe('a refusal that cannot succeed', () => {
  /** The pushes that a command needs, and the command. */
  async function pushesOf({ http }: Team, run: () => Promise<Run>) {
    const before = http.count('git-receive-pack');
    return { run: await run(), pushes: () => http.count('git-receive-pack') - before };
  }

  test.for([
    ['billing/x', 'billing'],
    ['billing', 'billing/x'],
  ] as const)('a branch %s at the remote and a claim on %s: one push, CONFLICT', async ([there, asked]) => {
    const all = await team();
    commitThere(all.remote, there, 'main');
    const { vports, clone } = all.machine();
    const { run, pushes } = await pushesOf(all, () =>
      vports(['allocate', 'web', '--branch', asked, '--json']),
    );
    expect([run.status, json(run).error.code]).toEqual([1, 'CONFLICT']);
    expect(json(run).error.message).toContain(there);
    expect(pushes()).toBeLessThanOrEqual(1);
    expect(tryGit(clone(), 'rev-parse', '--verify', '-q', `refs/heads/${asked}`).status).not.toBe(0);
    expect((await vports(['allocate', 'web'])).stdout).toBe('30000');
  });

  test('a branch `ports` where the policy wants pull requests, whose branches are below ports/', async () => {
    const all = await team();
    const { vports } = all.machine();
    expect((await vports(['policy', 'set', 'changes', 'pull-request'])).status).toBe(0);
    commitThere(all.remote, 'ports', 'main');
    const { run, pushes } = await pushesOf(all, () => vports(['allocate', 'web', '--json']));
    expect([run.status, json(run).error.code]).toEqual([1, 'CONFLICT']);
    expect(pushes()).toBeLessThanOrEqual(1);
  });

  test.for([401, 403])(
    'HTTP %i on a push: it says who is refused and where credentials come from',
    async (status) => {
      const { http, machine, remote } = await team();
      const { vports } = machine();
      await vports(['list']);
      http.intercept((service) => (service === 'git-receive-pack' ? status : undefined));
      for (const branch of [[], ['--branch', 'topic']]) {
        const { error } = json(await vports(['allocate', 'web', ...branch, '--json']));
        expect(error.code).toBe('PUSH_REJECTED');
        expect(error.message).toMatch(
          /^http:.*ports\.git refuses pushes (without credentials|of the user that git names): /,
        );
        expect(error.hint).toMatch(/^git takes credentials from credential\.helper \(none is set\)/);
      }
      http.intercept(() => undefined);
      expect((await vports(['allocate', 'web'])).stdout).toBe('30000');
      expect(eventFiles(remote, 'main')).toHaveLength(1);
    },
  );

  test('a branch that can never go out: `sync` says so, and exits with the code of the reason', async () => {
    const { http, machine, remote } = await team();
    const { vports } = machine();
    await vports(['list']);
    http.intercept(() => 503);
    expect(json(await vports(['allocate', 'web', '--branch', 'topic', '--json'])).published).toBe('unpushed');
    http.intercept(() => undefined);
    chmodSync(put(join(remote, 'hooks/pre-receive'), '#!/bin/sh\necho no names like this; exit 1\n'), 0o755);
    const run = await vports(['sync', '--json']);
    expect([run.status, json(run).stuck]).toEqual([69, [{ branch: 'topic', code: 'PUSH_REJECTED' }]]);
    expect(json(run).warnings[0].message).toContain('no names like this');
  });

  test('a stale lock of another branch at the remote stands in nobody’s way', async () => {
    const all = await team();
    put(join(all.remote, 'refs/heads/other.lock'), '');
    const { run, pushes } = await pushesOf(all, () => all.machine().vports(['allocate', 'web']));
    expect([run.stdout, pushes()]).toEqual(['30000', 1]);
  });
});

testWith('faketime')(
  'who is slower than others for five minutes is refused, and leaves nothing behind',
  { tags: ['slow'] },
  async () => {
    const { remote, http, machine } = await team();
    const { home, clone } = machine();
    http.intercept((service, method) => {
      if (service === 'git-receive-pack' && method === 'POST') commitThere(remote, 'main', 'main');
      return undefined;
    });
    const run = await startCommand(
      'faketime',
      ['-f', '+0 x30', process.execPath, resolve('dist/vports.cjs'), 'allocate', 'web', '--json'],
      {
        cwd: home,
        env: { PATH: process.env.PATH, HOME: home, GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@x' },
      },
    );
    expect([run.status, json(run).error.code]).toEqual([75, 'CONTENDED']);
    expect(eventFiles(remote, 'main')).toEqual([]);
    expect(tryGit(clone(), 'rev-parse', '--verify', '-q', 'refs/vports/queue').status).toBe(1);
  },
);

describe('a branch that the host has changed since it was pushed', () => {
  /** A machine with a claim on the branch `billing`. */
  async function claimed() {
    const all = await team();
    const me = all.machine();
    expect((await me.vports(['allocate', 'web', '--branch', 'billing'])).stdout).toBe('30000');
    return { ...all, ...me, head: git(all.remote, 'rev-parse', 'billing') };
  }

  const kept = (clone: string) => git(clone, 'for-each-ref', '--format=%(objectname)', 'refs/vports/closed');

  test('deleted: its claim is closed, told once, and kept; the next one starts from main', async () => {
    const { remote, vports, clone, head } = await claimed();
    git(remote, 'update-ref', '-d', 'refs/heads/billing');
    const next = await vports(['allocate', 'api', '--branch', 'billing', '--json']);
    expect([next.status, warned(next)]).toEqual([0, ['BRANCH_CLOSED']]);
    expect(eventFiles(remote, 'billing')).toHaveLength(1);
    expect(kept(clone())).toBe(head);
    expect(warned(await vports(['allocate', 'more', '--branch', 'billing', '--json']))).toEqual([]);
  });

  test('force-pushed without its claim: closed and kept, and theirs is followed', async () => {
    const { remote, machine, vports, clone, head } = await claimed();
    expect((await machine().vports(['allocate', 'other', '--branch', 'others'])).status).toBe(0);
    const theirs = git(remote, 'rev-parse', 'others');
    git(remote, 'update-ref', 'refs/heads/billing', theirs);
    const synced = await vports(['sync', '--json']);
    expect([synced.status, warned(synced)]).toEqual([0, ['BRANCH_CLOSED']]);
    expect([kept(clone()), git(clone(), 'rev-parse', 'billing')]).toEqual([head, theirs]);
    expect((await vports(['allocate', 'api', '--branch', 'billing'])).status).toBe(0);
    expect(git(remote, 'rev-parse', 'billing^')).toBe(theirs);
  });

  test('rebased by the host’s button, with the same bytes: followed, and its author goes on', async () => {
    const { remote, machine, vports, head } = await claimed();
    expect((await machine().vports(['allocate', 'other'])).status).toBe(0);
    const tree = git(remote, 'merge-tree', '--write-tree', 'main', head);
    const rebased = commitThere(remote, 'billing', 'main', tree);
    const next = await vports(['allocate', 'api', '--branch', 'billing', '--json']);
    expect([next.status, warned(next)]).toEqual([0, []]);
    expect(git(remote, 'rev-parse', 'billing^')).toBe(rebased);
    expect(eventFiles(remote, 'billing')).toHaveLength(3);
  });

  test.for(['kept', 'deleted'] as const)('squashed into main and %s: it starts anew', async (after) => {
    const { remote, vports, head } = await claimed();
    const main = commitThere(remote, 'main', 'main', `${head}^{tree}`);
    if (after === 'deleted') git(remote, 'update-ref', '-d', 'refs/heads/billing');
    const next = await vports(['allocate', 'api', '--branch', 'billing', '--json']);
    expect([next.status, warned(next)]).toEqual([0, []]);
    expect(git(remote, 'rev-parse', 'billing^')).toBe(main);
  });
});
