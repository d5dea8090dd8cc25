import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import type { Kind } from '../support/forge-apis.js';
import { type ForgeServer, forgeServer, TRUSTS_ANY, TRUSTS_SERVER } from '../support/forge-server.js';
import { git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { steady } from '../support/transcript.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** How a token gets there: by the variables of a runner, or by git. */
const RUNNERS: Record<Kind, (server: ForgeServer) => Record<string, string>> = {
  github: ({ origin, token }) => ({ GITHUB_SERVER_URL: origin, GITHUB_TOKEN: token }),
  gitlab: ({ origin, token }) => ({ CI_SERVER_URL: origin, GITLAB_TOKEN: token }),
  gitea: () => ({}),
};

/** A machine whose project names the registry of the server. */
function machine(server: ForgeServer, env: Record<string, string>) {
  const home = temporaryFolder();
  put(join(home, '.vports.json'), JSON.stringify({ registry: server.url }));
  return {
    home,
    vports: runner(home, { env: 'NODE_EXTRA_CA_CERTS' in env ? env : { ...TRUSTS_ANY, ...env } }),
  };
}

function keepInGit(home: string, { host, token }: ForgeServer): void {
  put(join(home, '.gitconfig'), `[credential]\n\thelper = store --file=${join(home, 'kept')}\n`);
  put(join(home, 'kept'), `https://ada:${token}@${host}\n`);
}

/** A server of a kind that its policy says, and a machine that has a token for it. */
async function team(
  kind: Kind,
  {
    changes = 'pull-request',
    env,
  }: { changes?: string; env?: (server: ForgeServer) => Record<string, string> } = {},
) {
  const server = await forgeServer(kind);
  const atServer = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: server.path } });
  await atServer(['policy', 'set', 'host', kind]);
  if (changes !== 'direct') await atServer(['policy', 'set', 'changes', changes]);
  const ada = machine(server, (env ?? RUNNERS[kind])(server));
  if (kind === 'gitea' && !env) keepInGit(ada.home, server);
  return { server, ...ada };
}

function commitTo(path: string, name: string, text: string): void {
  const blob = git(path, 'hash-object', '-w', put(join(temporaryFolder(), name), text));
  const entries = `${git(path, 'ls-tree', 'main')}\n100644 blob ${blob}\t${name}`;
  const tree = execFileSync('git', ['-C', path, 'mktree'], {
    input: `${entries}\n`,
    encoding: 'utf8',
  }).trim();
  git(
    path,
    'update-ref',
    'refs/heads/main',
    git(path, 'commit-tree', tree, '-p', 'main', '-m', `add ${name}`),
  );
}

describe.each([
  ['github', 'pull request #7', 'pull', []],
  ['gitlab', 'merge request !7', '-/merge_requests', ['slow']],
  ['gitea', 'pull request #7', 'pulls', ['slow']],
] as const)('on a host with the API of %s', (kind, called, page, tags) => {
  test('a request is opened, updated, followed and merged', { tags: [...tags] }, async () => {
    const { server, vports } = await team(kind);
    const url = `https://git.example/team/ports/${page}/7`;
    const first = await vports(['allocate', 'web', '--port', '25000', '--reason', 'the *shop*']);
    expect([first.status, first.stdout]).toEqual([0, '25000']);
    expect(first.stderr).toContain(`\nopened ${called}: ${url}`);
    const title = 'web gets 25000/tcp from monitoring';
    expect(server.pulls).toMatchObject([{ branch: 'ports/web', base: 'main', title, draft: false }]);
    expect(server.pulls[0]!.text).toMatch(/^### Port changes\n\nNo rules are broken\.\n/);
    expect(server.pulls[0]!.text).toContain('the \\*shop\\*');

    const second = json(await vports(['allocate', 'web', '--port', 'api=25001', '--json']));
    expect([second.request, second.warnings]).toEqual([{ number: 7, url, state: 'open', reviewers: [] }, []]);
    expect(server.pulls).toMatchObject([{ title: '2 port changes: web, web (api)' }]);

    Object.assign(server.pulls[0]!, { conflicts: true, checks: 'failing', approved: true });
    const words = `${called}: open, in conflict, checks failing, approved`;
    expect((await vports(['sync'])).stderr).toContain(`branch ports/web, ${words}  ${url}`);
    const asked = server.asked.length;
    expect((await vports(['list', '--claims'])).stdout).toContain(
      `branch ports/web (unmerged; ${words}) claims 25000/tcp for web`,
    );
    expect(server.asked).toHaveLength(asked);

    server.merge(7);
    const merged = json(await vports(['sync', '--json']));
    expect([merged.requests, merged.warnings]).toMatchObject([
      [{ branch: 'ports/web', number: 7, state: 'merged' }],
      [],
    ]);
    expect((await vports(['get', 'web'])).stderr).toBe('');
    expect(json(await vports(['sync', '--json'])).requests).toEqual([]);
  });
});

describe.each(['github', 'gitlab', 'gitea'] as const)(
  'a protected main on a host with the API of %s',
  (kind) => {
    test('goes from claims to merges by each button, a conflict, a rebase and a closed request', {
      tags: ['slow'],
    }, async () => {
      const { server, vports } = await team(kind);
      const stateOf = async (branch: string) => {
        const { requests, warnings } = json(await vports(['sync', '--json']));
        expect(warnings).toEqual([]);
        return (requests as { branch: string; state: string; conflicts: boolean }[]).find(
          (it) => it.branch === branch,
        );
      };
      for (const how of ['merge', 'squash', 'rebase'] as const) {
        expect((await vports(['allocate', how, '--owner', 'web'])).status).toBe(0);
        expect((await vports(['describe', how, '--owner', 'shop'])).stderr).toContain('updated ');
        const reviewed = await vports(['review', 'main', `ports/${how}`]);
        expect(reviewed.stdout).toContain(`${how} gets `);
        server.merge(server.pulls.at(-1)!.number, how);
        expect(await stateOf(`ports/${how}`)).toMatchObject({ state: 'merged' });
        expect((await vports(['get', how])).stderr).toBe('');
      }

      // Both claim the port at once: who works at the server does not see the branch.
      await vports(['allocate', 'news', '--port', '25200']);
      const head = git(server.path, 'rev-parse', 'ports/news');
      git(server.path, 'update-ref', '-d', 'refs/heads/ports/news');
      const atServer = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: server.path } });
      expect((await atServer(['allocate', 'desk', '--port', '25200', '--branch', 'main'])).status).toBe(0);
      git(server.path, 'update-ref', 'refs/heads/ports/news', head);
      const news = server.pulls.at(-1)!;
      news.conflicts = true;
      expect(() => server.merge(news.number, 'rebase')).toThrow();
      expect(await stateOf('ports/news')).toMatchObject({ state: 'open', conflicts: true });
      expect((await vports(['resolve', '--branch', 'ports/news', '--rebase'])).stdout).toContain(
        'news moved from 25200 to',
      );
      server.merge(news.number, 'rebase');
      expect(await stateOf('ports/news')).toMatchObject({ state: 'merged' });

      await vports(['allocate', 'unwanted']);
      const unwanted = server.pulls.at(-1)!;
      server.close(unwanted.number, 'kept');
      expect(await stateOf('ports/unwanted')).toMatchObject({ state: 'closed' });
      expect((await vports(['release', 'unwanted'])).status).toBe(0);
      expect(json(await vports(['sync', '--json'])).deleted).toEqual(['ports/unwanted']);
      expect(git(server.path, 'branch', '--format=%(refname:short)')).toBe('main');
      expect((await vports(['verify'])).status).toBe(0);
      const held = json(await vports(['list', '--json'])).ports as { resource: string }[];
      expect(held.map(({ resource }) => resource).sort()).toEqual([
        'desk',
        'merge',
        'news',
        'rebase',
        'squash',
      ]);
    });
  },
);

describe('a request', () => {
  test('is shown by status with the claim that it is about, and to agents', async () => {
    const { home, vports } = await team('github');
    put(join(home, 'web/README'), '');
    await vports(['allocate', 'web', '--port', '25000', '--draft']);
    const { claims } = json(await vports(['status', '--json'], { cwd: join(home, 'web') }));
    const request = { number: 7, state: 'open', draft: true };
    expect(claims).toMatchObject([{ branch: 'ports/web', request }]);
    const client = new Client({ name: 'test', version: '1' });
    const environment = {
      PATH: process.env.PATH!,
      HOME: home,
      XDG_CACHE_HOME: process.env.VPORTS_TEST_CACHE!,
    };
    const command = { command: process.execPath, args: [resolve('dist/vports.cjs'), 'mcp'] };
    await client.connect(new StdioClientTransport({ ...command, cwd: join(home, 'web'), env: environment }));
    onTestFinished(() => client.close());
    const { structuredContent } = await client.callTool({ name: 'where_am_i', arguments: {} });
    expect(structuredContent).toMatchObject({ requests: [{ branch: 'ports/web', ...request }] });
  });

  test('that is closed is reported once', async () => {
    const env = (server: ForgeServer) => ({ ...RUNNERS.github(server), ...TRUSTS_SERVER });
    const { server, vports } = await team('github', { env });
    await vports(['allocate', 'web', '--port', '25000']);
    server.pulls[0]!.state = 'closed';
    expect((await vports(['sync'])).stderr).toContain(
      'branch ports/web, pull request #7: closed without a merge',
    );
    expect((await vports(['list', '--claims'])).stdout).toContain(
      '#7: closed without a merge) claims 25000/tcp',
    );
    server.close(7);
    expect(json(await vports(['sync', '--json'])).requests).toEqual([]);
    expect((await vports(['get', 'web'])).status).toBe(1);
  });

  test('that the host has merged leaves no branch behind', async () => {
    const { server, vports } = await team('github');
    await vports(['allocate', 'web', '--port', '25000']);
    const head = git(server.path, 'rev-parse', 'ports/web');
    server.merge(7);
    git(server.path, 'update-ref', 'refs/heads/ports/web', head);
    const run = await vports(['sync']);
    expect(run.stderr).toContain(
      `deleted the branch ports/web from ${server.url}: nothing of it is left to merge`,
    );
    expect(git(server.path, 'branch', '--list', 'ports/*')).toBe('');
    expect(json(await vports(['sync', '--json'])).deleted).toEqual([]);
    expect((await vports(['get', 'web'])).stdout).toBe('25000');
  });

  test('whose claims its author has released leaves no branch behind, and one with a release of main does', {
    tags: ['slow'],
  }, async () => {
    const { server, vports } = await team('github');
    const atServer = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: server.path } });
    await atServer(['register', 'old', '25500', '--branch', 'main']);
    await vports(['sync']);
    await vports(['allocate', 'web', '--port', '25000']);
    await vports(['release', 'web']);
    await vports(['release', 'old']);
    // By then somebody else has the port.
    expect((await atServer(['register', 'other', '25000', '--branch', 'main'])).status).toBe(0);
    expect(json(await vports(['sync', '--json'])).deleted).toEqual(['ports/web']);
    expect(git(server.path, 'branch', '--list', 'ports/*').trim()).toBe('ports/old');
    expect(json(await vports(['sync', '--json']))).toMatchObject({ deleted: [], warnings: [] });
    expect((await vports(['allocate', 'web', '--port', '25001'])).status).toBe(0);
  });

  test('keeps its branch where somebody else has added to it, or the host deletes none', {
    tags: ['slow'],
  }, async () => {
    const { server, vports } = await team('github');
    await vports(['allocate', 'web', '--port', '25000']);
    const head = git(server.path, 'rev-parse', 'ports/web');
    server.merge(7);
    const more = git(server.path, 'commit-tree', `${head}^{tree}`, '-p', head, '-m', 'more');
    git(server.path, 'update-ref', 'refs/heads/ports/web', head);
    // Between the look and the deletion.
    const hook = `#!/bin/sh\ncat >/dev/null; [ -e moved ] || { touch moved; git update-ref refs/heads/ports/web ${more}; }\n`;
    chmodSync(put(join(server.path, 'hooks/pre-receive'), hook), 0o755);
    expect(json(await vports(['sync', '--json']))).toMatchObject({ deleted: [], stuck: [] });
    expect(git(server.path, 'rev-parse', 'ports/web')).toBe(more);
    git(server.path, 'config', 'receive.denyDeletes', 'true');
    expect(json(await vports(['sync', '--json']))).toMatchObject({ deleted: [], stuck: [], warnings: [] });
    expect(json(await vports(['sync', '--json']))).toMatchObject({ deleted: [], stuck: [], warnings: [] });
    expect((await vports(['allocate', 'web', '--port', 'api=25001'])).status).toBe(0);
  });

  describe.each([
    ['github', ['@team/web'], [], []],
    ['gitlab', [], ['@ada'], ['slow']],
    ['gitea', ['@team/web'], [], ['slow']],
  ] as const)('on %s', (kind, ofTeam, ofAuthor, tags) => {
    test('asks the owners of its ports that CODEOWNERS names', { tags: [...tags] }, async () => {
      const { server, vports } = await team(kind);
      const owners =
        '# @hidden\n* @team/other\n/events/ @team/web @ben @ada\n/docs ben@example.com @other/web\n';
      commitTo(server.path, 'CODEOWNERS', owners);
      const reviewers = async (resource: string, owner: string) =>
        json(await vports(['allocate', resource, '--owner', owner, '--json'])).request.reviewers;
      expect(await reviewers('web', 'web')).toEqual(ofTeam);
      expect(await reviewers('mail', 'ben')).toEqual(['@ben']);
      // Who is not in the file, and the author of the request.
      expect(await reviewers('evil', '@evil')).toEqual([]);
      expect(await reviewers('hidden', 'hidden')).toEqual([]);
      expect(await reviewers('own', 'Ada')).toEqual(ofAuthor);
      const asked = server.pulls.map(({ reviewers = [] }) => reviewers);
      expect(asked).toEqual([ofTeam, ['@ben'], [], [], ofAuthor]);
      expect((await vports(['allocate', 'late', '--owner', 'ben'])).stderr).toContain(
        '\nasked @ben to review it',
      );
    });
  });

  test('that nobody can be asked to review is opened all the same', { tags: ['slow'] }, async () => {
    const { server, vports } = await team('github');
    commitTo(server.path, 'CODEOWNERS', '* @ben\n');
    server.intercept(({ path }) =>
      path.endsWith('requested_reviewers')
        ? { status: 422, body: { message: 'not a collaborator' } }
        : undefined,
    );
    const run = await vports(['allocate', 'web', '--port', '25000', '--owner', 'ben']);
    expect([run.status, run.stdout]).toEqual([0, '25000']);
    expect(run.stderr).toContain('asked nobody to review pull request #7: ');
    expect(run.stderr).toContain('not a collaborator');
  });

  test('leaves a commit alone that was made here while its branch was deleted', {
    tags: ['slow'],
  }, async () => {
    const { server, home, vports } = await team('github');
    await vports(['allocate', 'web', '--port', '25000']);
    const head = git(server.path, 'rev-parse', 'ports/web');
    server.merge(7);
    git(server.path, 'update-ref', 'refs/heads/ports/web', head);
    const remotes = join(home, '.local/share/vports/remotes');
    const clone = join(remotes, readdirSync(remotes)[0]!);
    const record = readdirSync(clone, { recursive: true, encoding: 'utf8' }).find((it) =>
      it.endsWith('ports%2Fweb'),
    )!;
    // As a command does that cannot reach the host.
    const commit = 'git --git-dir="$1" commit-tree $TREE -p main -m later';
    const hook = `#!/bin/sh
set -- '${clone}'; unset $(git rev-parse --local-env-vars)
BLOB=$(echo x | git --git-dir="$1" hash-object -w --stdin)
TREE=$( (git --git-dir="$1" ls-tree main; printf '100644 blob %s\\tlater\\n' $BLOB) | git --git-dir="$1" mktree)
git --git-dir="$1" update-ref refs/heads/ports/web $(GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b ${commit})
echo '{"pending":true}' > '${join(clone, record)}'
`;
    const path = put(join(server.path, 'hooks/post-receive'), hook);
    chmodSync(path, 0o755);
    expect(json(await vports(['sync', '--json'])).deleted).toEqual(['ports/web']);
    rmSync(path);
    expect(json(await vports(['sync', '--json'])).pushed).toEqual(['ports/web']);
    expect(git(server.path, 'log', '-1', '--format=%s', 'ports/web')).toBe('later');
  });

  test('of two machines on one branch loses no claim that is only on one of them', {
    tags: ['slow'],
  }, async () => {
    const { server, vports } = await team('github');
    const ben = machine(server, {
      ...RUNNERS.github(server),
      GIT_AUTHOR_NAME: 'Ben',
      GIT_AUTHOR_EMAIL: 'ben@example.com',
    });
    await vports(['allocate', 'web', '--port', '25000']);
    expect((await ben.vports(['allocate', 'web', '--port', 'api=25001'])).status).toBe(0);
    const offline = { env: { GIT_SSL_CAINFO: join(ben.home, '.vports.json') } };
    const run = await ben.vports(['allocate', 'web', '--port', 'ui=25002', '--json'], offline);
    expect(json(run).published).toBe('unpushed');
    server.merge(7, 'squash', 'kept');
    expect(json(await vports(['sync', '--json'])).deleted).toEqual(['ports/web']);
    const synced = json(await ben.vports(['sync', '--json']));
    expect(synced).toMatchObject({
      pushed: ['ports/web'],
      requests: expect.arrayContaining([{ ...synced.requests.at(-1), number: 8 }]),
    });
    await vports(['sync']);
    expect((await vports(['list', '--claims'])).stdout).toContain('claims 25002/tcp for web');
  });

  test('whose branch the host does not delete is no burden for the next claim', {
    tags: ['slow'],
  }, async () => {
    const { server, home, vports } = await team('github');
    await vports(['allocate', 'web', '--port', '25000']);
    server.merge(7, 'squash', 'kept');
    // In words that git itself has for a branch that has moved.
    const hook =
      '#!/bin/sh\nwhile read old new ref; do case $new in 0000*) echo "deletions and non-fast-forward pushes are denied" >&2; echo x >> deletions; exit 1;; esac; done\n';
    chmodSync(put(join(server.path, 'hooks/pre-receive'), hook), 0o755);
    for (const _ of [1, 2, 3])
      expect(json(await vports(['sync', '--json']))).toMatchObject({ deleted: [], stuck: [], warnings: [] });
    expect(readFileSync(join(server.path, 'deletions'), 'utf8')).toBe('x\n');
    const offline = { env: { GIT_SSL_CAINFO: join(home, '.vports.json') } };
    expect(json(await vports(['allocate', 'web', '--port', 'api=25001', '--json'], offline)).published).toBe(
      'unpushed',
    );
    expect(json(await vports(['sync', '--json']))).toMatchObject({ pushed: ['ports/web'], stuck: [] });
    expect(server.pulls).toMatchObject([
      { number: 7 },
      { number: 8, title: 'web (api) gets 25001/tcp from monitoring' },
    ]);
  });

  test('is that of its own branch, not one of a fork, nor an older one', { tags: ['slow'] }, async () => {
    for (const kind of ['gitlab', 'gitea'] as const) {
      const { server, vports } = await team(kind);
      await vports(['allocate', 'web', '--port', '25000']);
      server.merge(7);
      await vports(['sync']);
      await vports(['allocate', 'web', '--port', 'api=25001']);
      server.pulls.push({ ...server.pulls[1]!, number: 9, isOfFork: true, title: 'of a fork' });
      expect((await vports(['allocate', 'web', '--port', 'ui=25002'])).stderr).toMatch(
        /updated \S+ request [#!]8: /,
      );
      expect(server.pulls[2]).toMatchObject({ title: 'of a fork' });
    }
  });

  test('is opened for a branch with other files than events', { tags: ['slow'] }, async () => {
    const { server, vports } = await team('github');
    commitTo(server.path, 'CODEOWNERS', '* @ben\n');
    await vports(['policy', 'add-range', 'games', '50000-50099', '--owner', '@team/games']);
    server.merge(7);
    await vports(['sync']);
    await vports(['doctor', '--fix']);
    await vports(['sync']);
    expect(server.pulls[1]).toMatchObject({ title: 'ask the owners of ranges about their ports' });
  });

  test('is awaited until it is merged', async () => {
    const { server, vports } = await team('github');
    let looks = 0;
    server.intercept(({ method, path }) => {
      if (method === 'GET' && path.endsWith('/pulls/7') && ++looks === 3) server.merge(7);
      return undefined;
    });
    const run = json(await vports(['allocate', 'web', '--port', '25000', '--wait', '--json']));
    expect(run).toMatchObject({ ports: { main: { port: 25000 } }, request: { number: 7, state: 'merged' } });
    expect((await vports(['get', 'web'])).stderr).toBe('');
  });

  test('that is closed while it is awaited is an error, and a host that fails now and then is none', {
    tags: ['slow'],
  }, async () => {
    const { server, vports } = await team('gitlab');
    let looks = 0;
    server.intercept(({ method, path }) => {
      if (method !== 'GET' || !path.endsWith('/merge_requests/7')) return undefined;
      if (++looks === 2) server.close(7);
      return looks === 1 ? { status: 502, body: '<html>' } : undefined;
    });
    const run = await vports(['allocate', 'web', '--port', '25000', '--wait']);
    expect([run.status, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toContain(
      'merge request !7 of ports/web was closed without a merge: https://git.example/',
    );
  });

  test('is opened for a branch of a registry that takes direct changes where one is asked for', async () => {
    const { server, vports } = await team('github', { changes: 'direct' });
    expect(json(await vports(['allocate', 'a', '--branch', 'topic', '--json']))).not.toHaveProperty(
      'request',
    );
    expect(json(await vports(['allocate', 'b', '--json'])).commits).toMatchObject([
      { ref: 'refs/heads/main' },
    ]);
    expect(server.pulls).toEqual([]);
    expect((await vports(['allocate', 'c', '--branch', 'topic', '--pr'])).stderr).toContain(
      'opened pull request #7',
    );
    expect((await vports(['allocate', 'd', '--pr'])).stderr).toContain('opened pull request #8');
    expect(server.pulls).toMatchObject([{ branch: 'topic' }, { branch: 'ports/d' }]);
  });

  test('has a title as the policy wants subjects', async () => {
    const { server, vports } = await team('github');
    await vports(['policy', 'set', 'commits', '{"subject": "chore(ports): {subject}"}']);
    expect(server.pulls).toMatchObject([
      { title: 'chore(ports): policy: commit subjects: {subject} -> chore(ports): {subject}' },
    ]);
  });

  test('says what a conflict was resolved to', { tags: ['slow'] }, async () => {
    const { server, vports } = await team('github');
    await vports(['allocate', 'web', '--port', '25000']);
    const atServer = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: server.path } });
    expect((await atServer(['register', 'api', '25000'])).status).toBe(0);
    const run = await vports(['resolve', '--branch', 'ports/web']);
    const [, port] = /^web moved from 25000 to (\d+)\/tcp$/.exec(run.stdout)!;
    expect(run.stderr).toContain('updated pull request #7: https://git.example/team/ports/pull/7');
    expect(server.pulls).toMatchObject([{ title: `web gets ${port}/tcp from monitoring` }]);
  });

  test('is opened by nobody in a dry run', async () => {
    const { server, vports } = await team('github');
    expect((await vports(['allocate', 'web', '--dry-run', '--wait'])).status).toBe(0);
    expect(server.asked).toEqual([]);
  });

  test('that a kill has prevented is opened by sync, and one that was closed is not opened again', {
    tags: ['slow'],
  }, async () => {
    const { server, vports } = await team('github');
    server.intercept(() => ({ status: 500 }));
    const run = json(await vports(['allocate', 'web', '--port', '25000', '--json']));
    expect(run.warnings).toMatchObject([{ code: 'NO_PULL_REQUESTS' }]);
    server.intercept(() => undefined);
    const open = [{ branch: 'ports/web', number: 7, state: 'open' }];
    expect(json(await vports(['sync', '--json'])).requests).toMatchObject(open);
    server.close(7, 'kept');
    expect(json(await vports(['sync', '--json'])).requests).toMatchObject([{ number: 7, state: 'closed' }]);
    expect(json(await vports(['sync', '--json'])).requests).toEqual([]);
    expect(server.pulls).toHaveLength(1);
    // Its author goes on: that is a new request, and how the last one ended was told.
    await vports(['allocate', 'web', '--port', 'api=25001']);
    server.close(8, 'kept');
    await vports(['allocate', 'web', '--port', 'ui=25002']);
    expect(json(await vports(['sync', '--json'])).requests).toMatchObject([
      { number: 8, state: 'closed' },
      { number: 9, state: 'open' },
    ]);
    expect(json(await vports(['sync', '--json'])).requests).toMatchObject([{ number: 9, state: 'open' }]);
  });

  test('of a branch that was committed offline is opened by sync', async () => {
    const { server, home, vports } = await team('github');
    await vports(['list']);
    const offline = { env: { GIT_SSL_CAINFO: join(home, '.vports.json') } };
    const run = json(await vports(['allocate', 'web', '--port', '25000', '--json'], offline));
    expect(run.published).toBe('unpushed');
    expect(json(await vports(['sync', '--json']))).toMatchObject({
      pushed: ['ports/web'],
      requests: [{ branch: 'ports/web', number: 7, state: 'open' }],
    });
    expect(server.pulls).toHaveLength(1);
  });
});

describe('a write that is pushed', () => {
  test('stays so where the host fails, and says where a request is opened', async () => {
    const { server, vports } = await team('github');
    const hook =
      '#!/bin/sh\necho "Create a pull request by visiting:" >&2; echo "  https://git.example/new" >&2\n';
    chmodSync(put(join(server.path, 'hooks/post-receive'), hook), 0o755);
    server.intercept(() => ({ status: 302, headers: { Location: 'https://evil.example/' } }));
    const run = await vports(['allocate', 'web', '--port', '25000']);
    expect([run.status, run.stdout]).toEqual([0, '25000']);
    expect(run.stderr).toContain('warning: pushed the branch ports/web, but opened no request: ');
    expect(run.stderr).toContain(`${server.host} redirects (302), which vports does not follow`);
    expect(run.stderr).toContain('\n  open it by hand: https://git.example/new');
    expect(git(server.path, 'branch', '--list', 'ports/web')).not.toBe('');
    expect(json(await vports(['sync', '--json'])).warnings).toMatchObject([{ code: 'REMOTE_UNREACHABLE' }]);
    expect((await vports(['allocate', 'web', '--port', 'b=25001', '--wait'])).status).toBe(69);
  });

  test('stays so without a token', async () => {
    const { server, vports } = await team('gitea', { env: () => ({}) });
    const run = await vports(['allocate', 'web', '--port', '25000', '--json']);
    expect(json(run)).toMatchObject({
      published: 'pushed',
      warnings: [
        {
          code: 'NO_PULL_REQUESTS',
          message: expect.stringContaining(`there is no token for ${server.host}`),
        },
      ],
    });
    expect(json(await vports(['sync', '--json']))).toMatchObject({ requests: [], warnings: [] });
    expect(server.asked).toEqual([]);
  });

  test('gives no host a token that is for another one', async () => {
    const { server, home, vports } = await team('github', {
      env: () => ({
        GITHUB_TOKEN: 'planted-1',
        GH_TOKEN: 'planted-2',
        GITLAB_TOKEN: 'planted-3',
        GH_ENTERPRISE_TOKEN: 'planted-4',
        GITHUB_SERVER_URL: 'https://github.com',
        CI_SERVER_URL: 'https://gitlab.com',
      }),
    });
    // A helper that hands out what it finds in the environment, whoever asks.
    const helper = '!f() { echo username=x; echo "password=$GITHUB_TOKEN$GH_TOKEN$GITLAB_TOKEN"; }; f';
    put(join(home, '.gitconfig'), `[credential]\n\thelper = "${helper.replaceAll('"', '\\"')}"\n`);
    for (const kind of ['github', 'gitlab', 'gitea']) {
      const set = runner(home, { env: { VPORTS_REGISTRY: server.path } });
      await set(['policy', 'set', 'host', kind, '--branch', 'main']);
      await vports(['allocate', kind, '--json']);
      await vports(['sync']);
    }
    expect(server.headers.length).toBeGreaterThan(10);
    expect(JSON.stringify(server.headers)).not.toContain('planted');
  });

  test('shows its token nowhere', { tags: ['slow'] }, async () => {
    const { server, vports } = await team('github');
    server.intercept(() => ({
      status: 422,
      body: { message: `no ${server.token}`, errors: [server.token] },
    }));
    for (const args of [['--json'], []]) {
      const { stdout, stderr } = await vports(['allocate', 'web', '--port', '25000', ...args]);
      expect(stdout + stderr).not.toContain(server.token);
    }
  });
});

test('docs/guide/protected-main.md shows what is printed', { tags: ['slow'] }, async () => {
  const env = (server: ForgeServer) => ({ ...RUNNERS.github(server), ...TRUSTS_SERVER });
  const { server, vports } = await team('github', { env });
  const guide = 'docs/guide/protected-main.md';
  const text = readFileSync(guide, 'utf8');
  const blocks = [...text.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
  const happens = [
    () => Object.assign(server.pulls[0]!, { checks: 'passing', approved: true }),
    () => server.merge(7),
    async () => {
      // Both claim the port at once: who works at the server does not see the branch.
      await vports(['allocate', 'news', '--port', '25200', '--reason', 'letters']);
      const head = git(server.path, 'rev-parse', 'ports/news');
      git(server.path, 'update-ref', '-d', 'refs/heads/ports/news');
      const atServer = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: server.path } });
      await atServer(['allocate', 'desk', '--port', '25200']);
      git(server.path, 'update-ref', 'refs/heads/ports/news', head);
    },
    () => undefined,
    () => server.close(9, 'kept'),
    () => undefined,
  ];
  const printed: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const steps: string[] = [];
    for (const [, command = ''] of block.matchAll(/^\$ vports (.*)$/gm)) {
      const words = [...command.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);
      const { stdout, stderr } = await vports(words);
      const lines = [`$ vports ${command}`, stderr, stdout].filter(Boolean).join('\n');
      steps.push(`${lines.replaceAll(server.host, 'git.example')}\n`);
    }
    printed.push(steps.join('\n'));
    await happens[index]!();
  }
  if (process.env.UPDATE_TRANSCRIPTS) {
    let at = 0;
    writeFileSync(
      guide,
      text.replace(/^```text\n[\s\S]*?^```$/gm, () => `\`\`\`text\n${printed[at++]}\`\`\``),
    );
    return;
  }
  expect(blocks).toHaveLength(happens.length);
  expect(printed.map(steady)).toEqual(blocks.map(steady));
});
