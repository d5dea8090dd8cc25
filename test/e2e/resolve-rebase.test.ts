import { chmodSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { fsck, git, tryGit } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { placeRegistry } from '../support/registries.js';

const json = (run: Run) => JSON.parse(run.stdout);

/** A host that refuses pushes of merge commits, as with "require linear history". */
const LINEAR = `#!/bin/sh
while read old new ref; do
  [ -z "$(git rev-list --merges "$new" --not --all)" ] || { echo "merge commits are not allowed"; exit 1; }
done
`;

/** main gave 27701 to one; Ada's branch has two with 27701 and 27702, and free with 27703, in two commits. */
async function team() {
  const path = join(temporaryFolder(), 'ports.git');
  await placeRegistry(path, { bare: true });
  chmodSync(put(join(path, 'hooks/pre-receive'), LINEAR), 0o755);
  const homes: Record<string, string> = {};
  const machine = async (name: string) => {
    const home = temporaryFolder();
    homes[name] = home;
    put(join(home, '.vports.json'), JSON.stringify({ registry: `file://${path}` }));
    const email = `${name.toLowerCase()}@example.com`;
    const env = { GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email };
    const vports = runner(home, {
      env: { ...env, GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
    });
    await vports(['trust', path]);
    return vports;
  };
  const [ada, ben] = [await machine('Ada'), await machine('Ben')];
  const ports = ['--port', 'api=27701', '--port', 'ui=27702', '--branch', 'topic'];
  await ada(['allocate', 'two', ...ports]);
  await ada(['allocate', 'free', '--port', '27703', '--branch', 'topic']);
  // Ben does not see the branch, as if both claimed at once.
  const head = git(path, 'rev-parse', 'topic');
  git(path, 'update-ref', '-d', 'refs/heads/topic');
  await ben(['allocate', 'one', '--port', '27701']);
  git(path, 'update-ref', 'refs/heads/topic', head);
  return { path, ada, ben, homes };
}

const commitsOn = (path: string) =>
  git(path, 'log', '--format=%s', 'main..topic').split('\n').filter(Boolean);

describe('resolve --rebase', () => {
  test('makes of a branch one commit on main, without the ports that main gave away, and keeps the old head', async () => {
    const { path, ada } = await team();
    const old = git(path, 'rev-parse', 'topic');
    const merged = await ada(['resolve', '--branch', 'topic']);
    expect(merged.status).toBe(69);
    expect(merged.stderr).toContain('merge commits are not allowed');
    expect(merged.stderr).toContain('vports resolve --branch topic --rebase');
    expect(git(path, 'rev-parse', 'topic')).toBe(old);

    const run = await ada(['resolve', '--branch', 'topic', '--rebase', '--json']);
    expect(json(run)).toMatchObject({
      moved: [
        { resource: 'two', name: 'api', from: 27701 },
        { resource: 'two', name: 'ui', from: 27702 },
      ],
      published: 'pushed',
      commit: git(path, 'rev-parse', 'topic'),
      kept: `refs/vports/replaced/topic/${old.slice(0, 10)}`,
    });
    expect(commitsOn(path)).toEqual(['allocate 27701/tcp, 27702/tcp to two (api, ui)']);
    expect(git(path, 'rev-parse', 'topic^')).toBe(git(path, 'rev-parse', 'main'));
    expect((await ada(['verify', '--base', 'main', '--at', 'topic'])).stdout).toMatch(/^OK: /);
    expect((await ada(['review', 'main', 'topic'])).stdout).toContain('free gets 27703/tcp');

    // What follows builds on it, and is pushed without force.
    expect((await ada(['allocate', 'more', '--port', '27704', '--branch', 'topic'])).status).toBe(0);
    expect(commitsOn(path)).toHaveLength(2);
    fsck(path);
  });

  test('of a branch that is one commit on main, or has nothing, says so', async () => {
    const { path, ada } = await team();
    await ada(['resolve', '--branch', 'topic', '--rebase']);
    const again = await ada(['resolve', '--branch', 'topic', '--rebase', '--json']);
    expect([again.status, json(again).error.message]).toEqual([2, 'topic is already one commit on main']);
    git(path, 'update-ref', 'refs/heads/main', 'topic');
    const gone = await ada(['resolve', '--branch', 'topic', '--rebase', '--json']);
    expect(gone.status).toBe(2);
    const here = await ada(['resolve', '--rebase', '--json']);
    expect(here.status).toBe(2);
  });

  test('leaves a branch alone to which somebody else has pushed', async () => {
    const { path, ada, ben } = await team();
    await ben(['sync']);
    expect((await ben(['allocate', 'theirs', '--port', '27705', '--branch', 'topic'])).status).toBe(0);
    const head = git(path, 'rev-parse', 'topic');
    const run = await ada(['resolve', '--branch', 'topic', '--rebase']);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(`has the commit ${head.slice(0, 10)} of Ben <ben@example.com>`);
    expect(git(path, 'rev-parse', 'topic')).toBe(head);
  });

  test('replaces no commit that comes between the look and the push', async () => {
    const { path, ada } = await team();
    // The host takes somebody's commit first, whenever the branch is pushed.
    const late = git(path, 'commit-tree', 'topic^{tree}', '-p', 'topic', '-m', 'Late');
    put(
      join(path, 'hooks/pre-receive'),
      `#!/bin/sh\nwhile read old new ref; do env -u GIT_QUARANTINE_PATH git update-ref "$ref" ${late}; done\n`,
    );
    const run = await ada(['resolve', '--branch', 'topic', '--rebase']);
    expect(run.status).not.toBe(0);
    expect(git(path, 'rev-parse', 'topic')).toBe(late);
  });

  test.each([['sync'], ['allocate', 'more', '--branch', 'topic']])(
    'waits on this machine while the remote is away, and %s pushes it',
    async (...next) => {
      const { path, ada } = await team();
      await ada(['sync']);
      const old = git(path, 'rev-parse', 'topic');
      renameSync(path, `${path}.away`);
      const run = await ada(['resolve', '--branch', 'topic', '--rebase', '--json']);
      expect(json(run)).toMatchObject({ published: 'unpushed' });
      renameSync(`${path}.away`, path);
      expect(git(path, 'rev-parse', 'topic')).toBe(old);
      expect((await ada(next)).status).toBe(0);
      const { commit } = json(run);
      expect(tryGit(path, 'merge-base', '--is-ancestor', commit, 'topic').status).toBe(0);
      expect(git(path, 'rev-parse', `${commit}^`)).toBe(git(path, 'rev-parse', 'main'));
    },
  );

  test('pushes a branch whose record a kill has kept from being written', async () => {
    const { path, ada, homes } = await team();
    await ada(['sync']);
    const remotes = join(homes.Ada!, '.local/share/vports/remotes');
    for (const name of readdirSync(remotes))
      rmSync(join(remotes, name, 'vports/branches'), { recursive: true });
    expect((await ada(['resolve', '--branch', 'topic', '--rebase'])).status).toBe(0);
    expect(git(path, 'rev-parse', 'topic^')).toBe(git(path, 'rev-parse', 'main'));
  });
});
