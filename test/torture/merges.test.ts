import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Registry } from '../../src/registry/registry.js';
import { branchApart } from '../support/apart.js';
import { madeOnce, temporaryFolder } from '../support/folders.js';
import { git, tryGit } from '../support/git.js';
import { placeRegistry } from '../support/registries.js';
import { oneIn } from '../support/torture.js';

const OPERATIONS: Record<
  string,
  (registry: Registry, at: { resource: string; port: string }) => Promise<unknown>
> = {
  allocate: (registry, { resource, port }) => registry.allocate(`${resource}-new`, { ports: [port] }),
  register: (registry, { resource, port }) => registry.register(`${resource}-old`, [port]),
  release: (registry, { resource }) => registry.release(resource),
  reassign: (registry, { resource, port }) => registry.reassign(resource, { to: port }),
  describe: (registry, { resource }) => registry.describe(resource, { owner: `team-${port4(resource)}` }),
};
const port4 = (text: string) => text.length;

/** What the second operation speaks about, seen from the first one, which speaks of `a` and of port 27101. */
const TOGETHER: Record<string, { resource: string; port: string }> = {
  'the same port': { resource: 'b', port: '27101' },
  'another port': { resource: 'b', port: '27102' },
  'the same resource': { resource: 'a', port: '27102' },
};

const WAYS: Record<string, (path: string) => boolean> = {
  merge: (path) => tryGit(path, 'merge', '-q', '--no-edit', 'topic').status === 0,
  squash: (path) =>
    tryGit(path, 'merge', '-q', '--squash', 'topic').status === 0 &&
    tryGit(path, 'commit', '-qm', 'squashed').status >= 0,
  rebase: (path) => {
    git(path, 'switch', '-q', 'topic');
    return tryGit(path, 'rebase', '-q', 'main').status === 0;
  },
  'cherry-pick': (path) => tryGit(path, 'cherry-pick', 'topic').status === 0,
};

async function run(
  path: string,
  branch: string,
  work: (registry: Registry) => Promise<unknown>,
): Promise<void> {
  git(path, 'switch', '-q', branch);
  const registry = Registry.open({ path, cwd: path });
  try {
    await work(registry);
  } finally {
    await registry.close();
  }
}

const origins = madeOnce(async (folder) => {
  process.env.VPORTS_HOST_LOG = join(folder, 'host.git');
  const path = join(folder, 'ports');
  await placeRegistry(path, { bare: false });
  for (const key of ['user.name', 'user.email'])
    git(path, 'config', key, key === 'user.name' ? 'Ada Lovelace' : 'ada@example.com');
  const registry = Registry.open({ path, cwd: path });
  await registry.allocate('a', { ports: ['27111'] });
  await registry.allocate('b', { ports: ['27112'] });
  await registry.close();
});

async function start(): Promise<string> {
  const folder = await origins();
  process.env.VPORTS_HOST_LOG = join(folder, 'host.git');
  return join(folder, 'ports');
}

/**
 * Whatever two branches did, and however they come together: git refuses, or the result verifies, or verify names the rule
 * that is broken. What must never be is silence over a state that is wrong.
 */
describe.each(Object.keys(TOGETHER))('two branches on %s', (together) => {
  const all = Object.keys(OPERATIONS).flatMap((one) =>
    Object.keys(OPERATIONS).map((other) => [one, other] as const),
  );

  // Two that want one port are what must never get by.
  const step = together === 'the same port' ? { few: 4, sample: 1 } : { few: 8, sample: 3 };
  const pairs = all.filter((_, index) => index % oneIn(step) === 0);

  test.each(pairs)('%s and %s', async (one, other) => {
    // Each pair comes together by a merge, and by one other way in turn: over the three tables each pair sees all of them.
    const turn =
      all.findIndex(([a, b]) => a === one && b === other) + Object.keys(TOGETHER).indexOf(together);
    const others = Object.keys(WAYS).slice(1);
    const ways = ['merge', others[turn % others.length]!];
    const origin = await start();
    const arrive = await branchApart(origin, 'topic', (copy) =>
      run(copy, 'topic', (registry) => OPERATIONS[other]!(registry, TOGETHER[together]!)),
    );
    await run(origin, 'main', (registry) => OPERATIONS[one]!(registry, { resource: 'a', port: '27101' }));
    arrive();
    const outcomes: Record<string, string> = {};
    for (const way of ways) {
      const path = join(temporaryFolder(), 'ports');
      cpSync(origin, path, { recursive: true });
      git(path, 'switch', '-q', 'main');
      if (!WAYS[way]!(path)) {
        expect(tryGit(path, 'status').output).toMatch(/both (added|modified)|unmerged|conflict/i);
        outcomes[way] = 'refused';
        continue;
      }
      const registry = Registry.open({ path, cwd: path });
      const { ok, problems } = await registry.verify();
      outcomes[way] = ok ? 'whole' : [...new Set(problems.map(({ code }) => code))].join(' ');
      if (ok) {
        const live = (await registry.list()).filter(({ log }) => log === 'registry');
        expect(new Set(live.map(({ port, protocol }) => `${port}/${protocol}`)).size).toBe(live.length);
        expect(new Set(live.map(({ resource, name }) => `${resource}/${name}`)).size).toBe(live.length);
        expect(await registry.damages()).toEqual([]);
      }
      await registry.close();
    }
    // A conflict is one whichever way the branches come together.
    expect(new Set(Object.values(outcomes)).size).toBe(1);
    const samePort =
      together === 'the same port' &&
      ['allocate', 'register', 'reassign'].includes(one) &&
      ['allocate', 'register', 'reassign'].includes(other);
    if (samePort) expect(outcomes.merge).toBe('refused');
    const sameStream =
      together === 'the same resource' &&
      ['release', 'reassign', 'describe'].includes(one) &&
      ['release', 'reassign', 'describe'].includes(other);
    if (sameStream) expect(outcomes.merge).toBe('refused');
  });
});
