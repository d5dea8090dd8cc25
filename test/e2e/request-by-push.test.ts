import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { forgeServer, TRUSTS_ANY } from '../support/forge-server.js';
import { git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** A host that opens requests for pushes, and a machine without a token for it. */
async function team(kind: 'gitlab' | 'gitea' | 'gerrit') {
  const server = await forgeServer(kind);
  server.opensByPush();
  const atServer = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: server.path } });
  await atServer(['policy', 'set', 'host', kind]);
  await atServer(['policy', 'set', 'changes', 'pull-request']);
  const home = temporaryFolder();
  put(join(home, '.vports.json'), JSON.stringify({ registry: server.url }));
  return { server, atServer, home, vports: runner(home, { env: TRUSTS_ANY }) };
}

describe.each([
  ['gitlab', 'merge request !7', '-/merge_requests'],
  ['gitea', 'pull request #7', 'pulls'],
] as const)('%s, without a token', (kind, called, page) => {
  test('opens a request for the push of a branch, and updates it', async () => {
    const { server, vports } = await team(kind);
    const url = `https://git.example/team/ports/${page}/7`;
    const first = await vports(['allocate', 'web', '--port', '25000', '--reason', 'the *shop*']);
    expect([first.status, first.stdout]).toEqual([0, '25000']);
    expect(first.stderr).toContain(`\nopened ${called}: ${url}`);
    expect(first.stderr).not.toContain('warning');
    const title = 'web gets 25000/tcp from monitoring';
    expect(server.pushed()).toMatchObject([{ branch: 'ports/web', base: 'main', title }]);
    const text =
      kind === 'gitlab' ? 'the \\*shop\\*' : '`vports review main ports/web` shows what it changes';
    expect(server.pushed()[0]!.text).toContain(text);

    const second = await vports(['allocate', 'web', '--port', 'api=25001']);
    expect(second.stderr).toContain(`\nupdated ${called}: ${url}`);
    expect(server.pushed()).toMatchObject([{ title: '2 port changes: web, web (api)' }]);
    expect((await vports(['list', '--claims'])).stdout).toContain(
      `branch ports/web (unmerged; ${called}: open) claims 25000/tcp for web`,
    );
    // The branch is there for others to see.
    expect(git(server.path, 'branch', '--list', 'ports/web')).not.toBe('');
  });

  test('opens one for a branch that sync pushes', { tags: ['slow'] }, async () => {
    const { server, home, vports } = await team(kind);
    await vports(['list']);
    for (const resource of ['web', 'api'])
      await vports(['allocate', resource], { env: { GIT_SSL_CAINFO: join(home, '.vports.json') } });
    expect(server.pushed()).toEqual([]);
    expect((await vports(['sync'])).stderr).not.toContain('warning');
    expect(server.pushed().map(({ branch }) => branch)).toEqual(['ports/api', 'ports/web']);
  });
});

test('a draft is one there too, and nothing that others wrote is a command to GitLab', async () => {
  const { server, vports } = await team('gitlab');
  const reason = 'nice\\n/approve\\n/merge';
  const run = await vports(['allocate', 'web', '--port', '25000', '--draft', '--reason', reason]);
  expect(run.stderr).toContain('opened merge request !7');
  const [request] = server.pushed();
  expect(request).toMatchObject({ draft: true });
  expect(request!.text!.split('\n').filter((line) => line.startsWith('/'))).toEqual([]);
});

test('a request that nobody can follow cannot be awaited', { tags: ['slow'] }, async () => {
  const { server, vports } = await team('gitlab');
  const run = await vports(['allocate', 'web', '--port', '25000', '--wait']);
  expect([run.status, run.stdout]).toEqual([69, '']);
  expect(run.stderr).toContain('merge request !7 was opened, but cannot be followed: there is no token for');
  expect(server.pushed()).toHaveLength(1);
});

test('a host that takes no push options gets the branch all the same', { tags: ['slow'] }, async () => {
  const { server, vports } = await team('gitlab');
  git(server.path, 'config', 'receive.advertisePushOptions', 'false');
  const run = await vports(['allocate', 'web', '--port', '25000', '--json']);
  expect(json(run)).toMatchObject({ published: 'pushed', warnings: [{ code: 'NO_PULL_REQUESTS' }] });
  expect(git(server.path, 'branch', '--list', 'ports/web')).not.toBe('');
});

describe('Gerrit', () => {
  test('gets a change for each commit, which keeps its id when the branch is built anew', async () => {
    const { server, atServer, vports } = await team('gerrit');
    const first = await vports(['allocate', 'web', '--port', '25000', '--reason', 'shop']);
    expect([first.status, first.stdout]).toEqual([0, '25000']);
    expect(first.stderr).toContain('\nopened change 7: https://git.example/team/ports/+/7');
    expect(first.stderr).not.toContain('warning');
    const [change] = server.pushed();
    expect(change).toMatchObject({ topic: 'ports/web', base: 'main', title: 'allocate 25000/tcp to web' });
    expect(git(server.path, 'for-each-ref', 'refs/for')).toBe('');

    // Submitted as a cherry-pick, the way of most projects on Gerrit.
    await atServer(['register', 'api', '25300', '--branch', 'main']);
    const rebased = await vports(['resolve', '--branch', 'ports/web', '--rebase']);
    expect([rebased.status, rebased.stderr]).toEqual([0, expect.stringContaining('updated change 7')]);
    expect(server.pushed()).toMatchObject([{ branch: change!.branch }]);
    const [{ commit }] = server.pushed() as [{ commit: string }];
    git(server.path, 'update-ref', 'refs/heads/main', commit);
    expect((await vports(['sync'])).status).toBe(0);
    expect((await vports(['get', 'web'])).stderr).toBe('');
    expect(git(server.path, 'branch', '--list', 'ports/web')).toBe('');
    expect((await vports(['verify'])).status).toBe(0);
  });

  test('that wants something else is quoted, and the claim stays', { tags: ['slow'] }, async () => {
    const { server, vports } = await team('gerrit');
    const run = await vports(['allocate', 'refused', '--port', '25000']);
    expect([run.status, run.stdout]).toEqual([0, '25000']);
    expect(run.stderr).toContain('rejected the push: not Signed-off-by author');
    expect(run.stderr).toContain('ERROR: the project wants a Signed-off-by');
    expect(run.stderr).toContain('warning: pushed the branch ports/refused, but opened no request: ');
    expect(git(server.path, 'branch', '--list', 'ports/refused')).not.toBe('');
  });
});
