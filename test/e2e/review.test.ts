import { join } from 'node:path';
import { expect, test } from 'vitest';
import { branchApart } from '../support/apart.js';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';

async function topic() {
  const path = await newRegistry({ bare: false });
  const vports = runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } });
  await vports(['allocate', 'old', '--port', '26801', '--owner', 'team-a', '--reason', 'since ever']);
  await vports(['allocate', 'web', '--port', '26802']);
  await vports(['allocate', 'api', '--port', '26803']);
  git(path, 'switch', '-qc', 'topic');
  return { path, vports };
}

test('review tells the meaning of a branch: who gets, moves, gives back and why, and how full that gets', async () => {
  const { path, vports } = await topic();
  await vports(['allocate', 'new', '--port', '26810', '--owner', 'team-b', '--reason', 'dash | boards']);
  await vports(['allocate', 'gone', '--port', '26811']);
  await vports(['release', 'gone']);
  await vports(['release', 'old', '--reason', 'switched off']);
  await vports(['reassign', 'web', '--to', '26812']);
  await vports(['describe', 'api', '--owner', 'team-c']);
  await vports(['register', 'legacy', '26813']);
  const run = await vports(['review', 'main', '--json']);
  expect(run.status).toBe(0);
  const review = JSON.parse(run.stdout);
  expect(review).toMatchObject({
    ok: true,
    problems: [],
    ranges: [{ id: 'security', size: 1000, before: 3, after: 4 }],
  });
  expect(review.changes).toMatchObject([
    {
      kind: 'released',
      port: 26801,
      resource: 'old',
      owner: 'team-a',
      reason: 'switched off',
      since: expect.any(String),
    },
    { kind: 'described', port: 26803, resource: 'api', owner: 'team-c' },
    {
      kind: 'allocated',
      port: 26810,
      resource: 'new',
      owner: 'team-b',
      by: 'Ada Lovelace',
      reason: 'dash | boards',
      range: 'security',
    },
    { kind: 'moved', port: 26812, from: 26802, resource: 'web' },
    { kind: 'registered', port: 26813, resource: 'legacy' },
  ]);
  const text = (await vports(['review', 'main', 'topic'])).stdout;
  expect(text).toContain('new gets 26810/tcp from security (owner team-b, by Ada Lovelace): dash | boards');
  expect(text).toContain('web moves from 26802 to 26812/tcp, held since');
  expect(text).toContain('security: 3 -> 4 of 1000 ports held');
  const markdown = (await vports(['review', 'main', '--format', 'markdown'])).stdout;
  expect(markdown).toContain(
    '| allocated | 26810/tcp | new | security | team-b | Ada Lovelace | dash \\| boards |',
  );
  // 26801 to 26803 and 26810 to 26813 are in the 41st part of fifty.
  expect(markdown).toContain(`security 26000-26999 |${'·'.repeat(40)}*${'·'.repeat(9)}|`);
  git(path, 'switch', '-q', 'main');
  expect((await vports(['review', 'topic'])).stdout).toBe(
    'no port changes\nnote: topic has commits that main lacks; to review those: `vports review main topic`',
  );
});

test.each(['merge --squash topic', 'rebase topic'])(
  'what the base has by %s the branch does not change again',
  async (how) => {
    const { path, vports } = await topic();
    await vports(['allocate', 'new', '--port', '26820']);
    git(path, 'switch', '-q', 'main');
    await vports(['allocate', 'beside', '--port', '26830']);
    git(path, ...how.split(' '));
    if (how.includes('squash')) git(path, 'commit', '-qm', 'Squashed');
    await vports(['release', 'new']);
    expect((await vports(['review', 'main', 'topic'])).stdout).toBe('no port changes');
    git(path, 'switch', '-q', 'topic');
    await vports(['allocate', 'further', '--port', '26821']);
    const { changes, ranges } = JSON.parse((await vports(['review', 'main', '--json'])).stdout);
    expect(changes).toMatchObject([{ kind: 'allocated', port: 26821, resource: 'further' }]);
    expect(ranges).toMatchObject([{ id: 'security', before: 4, after: 5 }]);
  },
);

test('problems are annotations with file and code, and exit 1; nothing in them can start a command of its own', async () => {
  const { path, vports } = await topic();
  const file = put(join(path, 'events/tcp/26xxx/268xx/26801/0001.json'), '::error::x\n::stop');
  git(path, 'add', '.');
  git(path, 'commit', '-qm', '::warning::mine%0A');
  const run = await vports(['review', 'main', '--format', 'github']);
  expect(run.status).toBe(1);
  const lines = run.stdout.split('\n');
  expect(lines.every((line) => /^::(error file=events[^:,]*|notice )[^:]*::/.test(line))).toBe(true);
  expect(run.stdout).toMatch(/title=EVENT_MODIFIED::changed by .*::warning::mine%250A/);
  expect(file).toContain('26801');
  expect((await vports(['review', 'main', '--format', 'markdown'])).stdout).toContain('do not merge');
});

test('is told against what main has by now', async () => {
  const { path, vports } = await topic();
  const arrive = await branchApart(path, 'later', async (copy) => {
    await runner(temporaryFolder(), { env: { VPORTS_REGISTRY: copy } })([
      'allocate',
      'new',
      '--port',
      '26810',
    ]);
  });
  git(path, 'switch', '-q', 'main');
  await vports(['allocate', 'other', '--port', '26810']);
  arrive();
  git(path, 'switch', '-q', 'later');
  const { ok, problems, changes } = JSON.parse((await vports(['review', 'main', '--json'])).stdout);
  expect(ok).toBe(false);
  expect(problems).toMatchObject([{ code: 'TAKEN_ON_BASE' }]);
  expect(changes).toMatchObject([{ resource: 'new', port: 26810 }]);
});
