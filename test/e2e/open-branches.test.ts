import { join } from 'node:path';
import { expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { type Run, runner } from '../support/program.js';
import { newRegistry, placeRegistry } from '../support/registries.js';

const json = (run: Run) => JSON.parse(run.stdout);
const codes = (run: Run) => json(run).warnings.map(({ code }: { code: string }) => code);

async function registry() {
  const path = await newRegistry({ bare: true });
  return { path, vports: runner(temporaryFolder(), { env: { VPORTS_REGISTRY: path } }) };
}

test('a port that is claimed on an open branch is not chosen, and not granted to who prefers it', async () => {
  const { vports } = await registry();
  const range = ['--range', '27210-27219'];
  expect((await vports(['allocate', 'web', ...range, '--branch', 'topic'])).stdout).toBe('27210');
  expect((await vports(['allocate', 'api', ...range])).stdout).toBe('27211');
  expect((await vports(['allocate', 'third', ...range, '--branch', 'other'])).stdout).toBe('27212');
  const preferred = await vports(['allocate', 'late', '--port', '27210', '--json']);
  expect(json(preferred).ports.main.port).not.toBe(27210);
  expect(json(preferred).warnings[0].message).toMatch(
    /branch topic \(unmerged\) also claims 27210\/tcp for web/,
  );
  expect((await vports(['allocate', 'late2', '--port', '27210', '--strict'])).status).toBe(1);
});

test('what is put on record although an open branch claims it is told', async () => {
  const { vports } = await registry();
  await vports(['allocate', 'web', '--port', '27240', '--branch', 'topic']);
  expect(codes(await vports(['register', 'web', '27240', '--json', '--dry-run']))).toEqual([]);
  const run = await vports(['register', 'db', '27240', '--json']);
  expect([run.status, codes(run)]).toEqual([0, ['CLAIMED_ON_BRANCH']]);
});

test('the very name that a branch has given a port gets the same one, and is told', async () => {
  const { path, vports } = await registry();
  await vports(['allocate', 'web', '--port', '27220', '--branch', 'topic']);
  const run = await vports(['allocate', 'web', '--json']);
  expect(json(run).ports.main.port).toBe(27220);
  expect(codes(run)).toEqual(['CLAIMED_ON_BRANCH']);
  expect(git(path, 'ls-tree', '-r', '--name-only', 'main', 'events')).toBe(
    'events/tcp/27xxx/272xx/27220/0001.json',
  );
});

test('what was released there, merged, squashed or deleted is free again', async () => {
  const { path, vports } = await registry();
  const ask = async (name: string) =>
    (await vports(['allocate', name, '--port', '27230', '--dry-run'])).stdout;
  await vports(['allocate', 'web', '--port', '27230', '--branch', 'topic']);
  expect(await ask('a')).not.toBe('27230');
  await vports(['release', 'web', '--branch', 'topic']);
  expect(await ask('a')).toBe('27230');
  await vports(['allocate', 'web', '--port', '27230', '--branch', 'deleted']);
  expect(await ask('a')).not.toBe('27230');
  git(path, 'branch', '-D', 'deleted');
  expect(await ask('a')).toBe('27230');
  await vports(['allocate', 'web', '--port', '27231', '--branch', 'squashed']);
  const tree = git(path, 'rev-parse', 'squashed^{tree}');
  git(path, 'update-ref', 'refs/heads/main', git(path, 'commit-tree', tree, '-p', 'main', '-m', 'squashed'));
  await vports(['release', 'web']);
  expect((await vports(['allocate', 'b', '--port', '27231'])).stdout).toBe('27231');
});

test('a branch that only describes a port does not claim it once main has released it', async () => {
  const { vports } = await registry();
  await vports(['allocate', 'web', '--port', '27241']);
  await vports(['describe', 'web', '--owner', 'team-b', '--branch', 'topic']);
  await vports(['release', 'web']);
  const run = await vports(['register', 'db', '27241', '--json']);
  expect([run.status, codes(run)]).toEqual([0, []]);
  expect(json(await vports(['list', '--claims', '--json'])).claims).toEqual([]);
});

test('a branch leaves alone what main has touched since', async () => {
  const { vports } = await registry();
  await vports(['allocate', 'first', '--port', '27240', '--branch', 'topic']);
  await vports(['allocate', 'web', '--port', '27241']);
  await vports(['release', 'web']);
  expect((await vports(['allocate', 'second', '--range', '27241-27249', '--branch', 'topic'])).stdout).toBe(
    '27242',
  );
});

/** Two machines that share a registry by its URL. */
async function twoMachines() {
  const remote = join(temporaryFolder(), 'ports.git');
  await placeRegistry(remote, { bare: true });
  const machine = async () => {
    const home = temporaryFolder();
    put(join(home, '.vports.json'), JSON.stringify({ registry: `file://${remote}` }));
    await runner(home)(['trust', remote]);
    return runner(home);
  };
  return [await machine(), await machine()] as const;
}

test('a branch of another machine is found by its name in every command that takes one, and completed', async () => {
  const [ada, ben] = await twoMachines();
  expect((await ben(['list'])).status).toBe(0);
  await ada(['allocate', 'web', '--port', '27255', '--branch', 'tmp']);
  const synced = await ben(['sync']);
  expect(synced.stderr).toBe('branch tmp (unmerged) claims 27255/tcp for web');
  expect((await ben(['sync'])).stderr).toBe('nothing new');
  for (const name of ['tmp', 'origin/tmp', 'refs/remotes/origin/tmp', 'tmp~0']) {
    const review = await ben(['review', 'main', name]);
    expect([review.status, review.stdout]).toEqual([0, expect.stringContaining('27255')]);
  }
  const reads = [
    ['verify', '--base', 'main', '--at', 'tmp'],
    ['verify', '--at', 'tmp'],
    ['diff', 'main', 'tmp'],
    ['list', '--at', 'tmp'],
    ['who', '27255', '--at', 'tmp'],
    ['get', 'web', '--at', 'tmp'],
    ['log', '--at', 'tmp'],
    ['replay', '--at', 'tmp'],
  ];
  for (const args of reads) expect([args, (await ben(args)).status]).toEqual([args, 0]);
  expect((await ben(['get', 'web', '--at', 'tmp'])).stdout).toBe('27255');
  for (const words of [
    ['review', 'main', ''],
    ['list', '--at', ''],
    ['diff', ''],
    ['verify', '--base', ''],
  ])
    expect((await ben(['complete', ...words])).stdout).toMatch(/^tmp\b/m);
});

test('branches of other machines count as last fetched', async () => {
  const [ada, ben] = await twoMachines();
  expect((await ada(['allocate', 'web', '--range', '27250-27259', '--branch', 'topic'])).stdout).toBe(
    '27250',
  );
  expect((await ben(['allocate', 'api', '--range', '27250-27259'])).stdout).toBe('27251');
});

test('branches that are written at once, and the shared one beside them, claim different ports', async () => {
  const { vports } = await registry();
  const many = Array.from({ length: 5 }, (_, each) => ['allocate', `b${each}`, '--branch', `own${each}`]);
  const runs = await Promise.all([...many, ['allocate', 'shared']].map((args) => vports(args)));
  expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 0));
  expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(runs.length);
});

test('so they do where there is a remote, pushed or on their way', async () => {
  const path = await newRegistry({ bare: true });
  const home = temporaryFolder();
  put(join(home, '.vports.json'), JSON.stringify({ registry: `file://${path}` }));
  const vports = runner(home, { cwd: home });
  await vports(['trust', path]);
  expect((await vports(['list'])).status).toBe(0);
  const many = [0, 1, 2].flatMap((each) => [
    ['allocate', `b${each}`, '--branch', `own${each}`],
    ['allocate', `s${each}`],
    ['allocate', `t${each}`, '--branch', 'one'],
  ]);
  const runs = await Promise.all(many.map((args) => vports(args)));
  expect(runs.map(({ status, stderr }) => (status === 0 ? '' : stderr))).toEqual(runs.map(() => ''));
  expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(runs.length);
});
