import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';

const json = (run: Run) => JSON.parse(run.stdout);
const codes = (run: Run) => json(run).warnings.map(({ code }: { code: string }) => code);

/** A registry whose main branch takes no push, and a policy that knows it; machines of a team beside it. */
async function team() {
  const path = join(temporaryFolder(), 'ports.git');
  await placeRegistry(path, { bare: true });
  const machine = async () => {
    const home = temporaryFolder();
    put(join(home, '.vports.json'), JSON.stringify({ registry: `file://${path}` }));
    const vports = runner(home);
    await vports(['trust', path]);
    return { home, vports };
  };
  const ada = await machine();
  expect((await ada.vports(['policy', 'set', 'changes', 'pull-request'])).status).toBe(0);
  const hook = put(
    join(path, 'hooks/update'),
    '#!/bin/sh\nif [ "$1" = refs/heads/main ]; then echo "main is protected"; exit 1; fi\n',
  );
  chmodSync(hook, 0o755);
  const branches = () => git(path, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n');
  const merge = (branch: string, how: 'merge' | 'squash') => {
    const tree = git(path, 'merge-tree', '--write-tree', 'main', branch);
    const parents = how === 'merge' ? ['-p', 'main', '-p', branch] : ['-p', 'main'];
    git(path, 'update-ref', 'refs/heads/main', git(path, 'commit-tree', tree, ...parents, '-m', how));
  };
  return { path, ada, machine, branches, merge };
}

test('what the host says to a push of a branch is passed on, in lines that do no harm', async () => {
  const { path, ada } = await team();
  const says = [
    'Create a merge request for ports/web:',
    '  https://ada:s3cret@git.example/ports/-/merge_requests/new?merge_request%5Bsource_branch%5D=ports%2Fweb&private_token=s3cret',
    '\u001b[31mred\u001b[0m and \u0007bell',
    'x'.repeat(500),
    ...Array.from({ length: 40 }, (_, each) => `line ${each}`),
  ];
  put(join(path, 'said'), says.join('\n'));
  chmodSync(put(join(path, 'hooks/post-receive'), '#!/bin/sh\ncat said >&2\n'), 0o755);
  const { status, stderr } = await ada.vports(['allocate', 'web', '--port', '27602']);
  const passedOn = stderr.split('\n').filter((line) => line.startsWith('remote: '));
  expect([status, passedOn.length]).toEqual([0, 20]);
  expect(passedOn.slice(0, 4)).toEqual([
    'remote: Create a merge request for ports/web:',
    'remote: https://git.example/ports/-/merge_requests/new?merge_request%5Bsource_branch%5D=ports%2Fweb',
    'remote: red and bell',
    `remote: ${'x'.repeat(300)}`,
  ]);
});

describe('where the policy wants pull requests', () => {
  test('two projects that call a resource alike have a branch and a port each', async () => {
    const { ada, merge, branches } = await team();
    const of = (name: string) => {
      const folder = join(ada.home, name);
      put(join(folder, 'README'), '');
      git(folder, 'init', '-q');
      git(folder, 'remote', 'add', 'origin', `https://github.com/acme/${name}`);
      return (words: string[]) => ada.vports(words, { cwd: folder });
    };
    const [shop, blog] = [of('shop'), of('blog')];
    expect((await shop(['allocate', 'db', '--port', '27640'])).status).toBe(0);
    merge('ports/db', 'squash');
    await shop(['sync']);
    expect((await blog(['allocate', 'db', '--port', '27641'])).stdout).toBe('27641');
    expect(branches()).toContain('ports/blog.db');
    expect((await blog(['get', 'db'])).stdout).toBe('27641');
    expect((await shop(['get', 'db'])).stdout).toBe('27640');
    expect((await blog(['release', 'db'])).stdout).toBe('27641');
    expect((await shop(['get', 'db'])).stdout).toBe('27640');
  });

  test('a change goes to a branch of its own, is pushed there, and is answered at once to who claimed it', async () => {
    const { path, ada, machine, branches } = await team();
    const run = await ada.vports(['allocate', 'web', '--port', '27601', '--json']);
    expect(json(run)).toMatchObject({
      ports: { main: { port: 27601 } },
      published: 'pushed',
      commits: [{ ref: 'refs/heads/ports/web' }],
    });
    expect(branches()).toEqual(['main', 'ports/web']);
    expect(git(path, 'ls-tree', '-r', '--name-only', 'main')).not.toContain('27601');
    const got = await ada.vports(['get', 'web']);
    expect([got.status, got.stdout]).toEqual([0, '27601']);
    expect(got.stderr).toContain('27601/tcp of web is only claimed on the unmerged branch ports/web');
    expect(codes(await ada.vports(['env', 'web', '--json']))).toEqual(['CLAIMED_ON_BRANCH']);
    for (const command of [
      ['exec', 'web', '--', 'sh', '-c', 'echo $WEB_PORT'],
      ['run', '--resource', 'web', 'sh', '-c', 'echo $PORT'],
    ]) {
      const run = await ada.vports(command, { cwd: ada.home });
      expect([run.stdout, run.status]).toEqual(['27601', 0]);
      expect(run.stderr).toContain('is only claimed on the unmerged branch ports/web');
    }
    const ben = await machine();
    expect((await ben.vports(['get', 'web'])).status).toBe(1);
    expect((await ben.vports(['allocate', 'other', '--port', '27601', '--strict'])).status).toBe(1);
  });

  test.each(['merge', 'squash'] as const)(
    'what was merged (%s) is everybody’s, and the branch starts anew from there',
    async (how) => {
      const { path, ada, merge, machine } = await team();
      await ada.vports(['allocate', 'web', '--port', '27611']);
      merge('ports/web', how);
      const more = await ada.vports(['allocate', 'web', '--port', 'api=27612', '--json']);
      expect(json(more)).toMatchObject({ published: 'pushed', commits: [{ ref: 'refs/heads/ports/web' }] });
      expect((await ada.vports(['get', 'web', 'main'])).stderr).toBe('');
      expect(git(path, 'diff', '--name-only', 'main...ports/web')).toBe(
        'events/tcp/27xxx/276xx/27612/0001.json',
      );
      merge('ports/web', how);
      expect((await (await machine()).vports(['list', '--resource', 'web', '--json'])).stdout).toContain(
        '27612',
      );
      fsck(path);
    },
  );

  test('what was thrown away is held no more, and can be claimed anew', async () => {
    const { path, ada } = await team();
    await ada.vports(['allocate', 'web', '--port', '27621']);
    git(path, 'update-ref', '-d', 'refs/heads/ports/web');
    await ada.vports(['sync']);
    expect((await ada.vports(['get', 'web'])).status).toBe(1);
    const again = await ada.vports(['allocate', 'web', '--port', '27622', '--json']);
    expect(json(again)).toMatchObject({
      ports: { main: { port: 27622, created: true } },
      published: 'pushed',
    });
    expect(git(path, 'diff', '--name-only', 'main...ports/web')).toBe(
      'events/tcp/27xxx/276xx/27622/0001.json',
    );
  });

  test('release takes a claim back from the branch that it is on', async () => {
    const { ada, branches, machine } = await team();
    put(
      join(ada.home, 'all/compose.yml'),
      'services:\n  one:\n    ports: ["27631:80"]\n  two:\n    ports: ["27632:80"]\n',
    );
    const imported = json(await ada.vports(['import', 'all', '--json']));
    const id = imported.commits[0].ref.replace('refs/heads/ports/', '');
    expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
    const released = json(await ada.vports(['release', 'one', '--json']));
    expect(released).toMatchObject({ commits: [{ ref: `refs/heads/ports/${id}` }] });
    expect(branches()).toEqual(['main', `ports/${id}`]);
    expect((await ada.vports(['get', 'one'])).status).toBe(1);
    expect((await ada.vports(['get', 'two'])).stdout).toBe('27632');
    const ben = await machine();
    expect((await ben.vports(['allocate', 'x', '--port', '27631', '--strict'])).stdout).toBe('27631');
  });

  test('the branch of several is named after the first event', async () => {
    const { path, ada } = await team();
    put(
      join(ada.home, 'all/compose.yml'),
      'services:\n  one:\n    ports: ["27641:80"]\n  two:\n    ports: ["27642:80"]\n',
    );
    const { commits, events } = json(await ada.vports(['import', 'all', '--json']));
    const branch = commits[0].ref.replace('refs/heads/', '');
    const first = JSON.parse(git(path, 'show', `${branch}:${events[0]}`));
    expect(branch).toBe(`ports/${first.id}`);
    const changed = await ada.vports(['policy', 'set', 'lease.default', '4h', '--json']);
    expect(json(changed).commits[0].ref).toMatch(/^refs\/heads\/ports\/[0-9A-Z]{26}$/);
    const verified = await ada.vports(['verify', '--base', 'main', '--json'], {
      env: { VPORTS_REGISTRY: path },
    });
    expect(verified.status).toBe(0);
  });

  test('who has not seen yet that the policy wants them is held to it all the same', async () => {
    const path = join(temporaryFolder(), 'ports.git');
    await placeRegistry(path, { bare: true });
    const machine = async () => {
      const home = temporaryFolder();
      put(join(home, '.vports.json'), JSON.stringify({ registry: `file://${path}` }));
      await runner(home)(['trust', path]);
      return runner(home);
    };
    const [ada, ben] = [await machine(), await machine()];
    expect((await ben(['list'])).status).toBe(0);
    await ada(['policy', 'set', 'changes', 'pull-request']);
    for (const args of [
      ['allocate', 'one'],
      ['allocate', 'two', '--port', '27651'],
    ]) {
      const run = json(await ben([...args, '--json']));
      expect(run.commits).toMatchObject([{ ref: `refs/heads/ports/${args[1]}` }]);
    }
    expect(git(path, 'ls-tree', '-r', '--name-only', 'main', 'events')).toBe('');
  });

  test('undo of a change of the policy is a branch of its own', async () => {
    const { path, ada, merge } = await team();
    const set = json(await ada.vports(['policy', 'set', 'lease.default', '4h', '--json'])).commits[0];
    merge(set.ref.slice('refs/heads/'.length), 'squash');
    expect((await ada.vports(['sync'])).status).toBe(0);
    const undone = json(await ada.vports(['undo', git(path, 'rev-parse', 'main'), '--json']));
    expect(undone).toMatchObject({
      commits: [{ ref: expect.stringMatching(/^refs\/heads\/ports\/[0-9A-Z]{26}$/) }],
      policy: { diff: ['default lease: 4h -> 8h'] },
    });
    expect(git(path, 'show', '--format=%s', '--stat', undone.commits[0].ref)).toMatch(
      /^undo: squash\n+ policy.json/,
    );
  });

  test('leases need no pull request, and go to no branch', async () => {
    const { ada, branches } = await team();
    expect(json(await ada.vports(['allocate', 'e2e', '--ttl', '1h', '--json'])).commits[0].log).toBe('host');
    expect((await ada.vports(['release', 'e2e'])).status).toBe(0);
    expect((await ada.vports(['exec', 'e2e', '--', 'true'])).status).toBe(0);
    expect(branches()).toEqual(['main']);
  });

  test('at once, each resource on its own branch: no port is given twice', { tags: ['slow'] }, async () => {
    const { ada, machine, branches } = await team();
    const ben = await machine();
    const runs = await Promise.all(
      Array.from({ length: 8 }, (_, each) => (each % 2 ? ada : ben).vports(['allocate', `r${each}`])),
    );
    expect(runs.map(({ status, stderr }) => (status === 0 ? '' : stderr))).toEqual(runs.map(() => ''));
    expect(branches()).toHaveLength(9);
    const own = (machine: string) =>
      runs.filter((_, each) => each % 2 === (machine === 'ada' ? 1 : 0)).map(({ stdout }) => stdout);
    expect(new Set(own('ada')).size).toBe(4);
    expect(new Set(own('ben')).size).toBe(4);
  });

  test('without a remote it has no effect, and that is said once', async () => {
    const home = temporaryFolder();
    const path = join(home, 'ports');
    await placeRegistry(path, { bare: false });
    const vports = runner(home, { env: { VPORTS_REGISTRY: path } });
    await vports(['policy', 'set', 'changes', 'pull-request']);
    const [first, second] = [
      await vports(['allocate', 'a', '--json']),
      await vports(['allocate', 'b', '--json']),
    ];
    expect([codes(first), codes(second)]).toEqual([['NO_PULL_REQUESTS'], []]);
    expect(json(first).commits[0].ref).toBe('refs/heads/main');
    expect((await vports(['policy', 'set', 'changes', 'nope'])).status).toBe(2);
  });
});
