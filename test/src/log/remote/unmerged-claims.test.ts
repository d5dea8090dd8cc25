import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cacheFolderOf } from '../../../../src/log/fold/cache.js';
import { Registry } from '../../../../src/registry/registry.js';
import { temporaryFolder } from '../../../support/folders.js';
import { git } from '../../../support/git.js';
import { newRegistry, openLog } from '../../../support/registries.js';

/** More than are looked into one by one. */
const MANY = 24;

test('what is known of the tips of branches is carried along with the head, and is what a look without it finds', {
  tags: ['slow'],
}, async () => {
  const home = temporaryFolder();
  const before = { ...process.env };
  onTestFinished(() => {
    process.env = before;
  });
  process.env.XDG_CACHE_HOME = join(home, 'cache');
  process.env.VPORTS_HOST_LOG = join(home, 'host.git');
  const path = await newRegistry({ bare: true });
  const on = async (branch: string | undefined, work: (registry: Registry) => Promise<unknown>) => {
    const registry = Registry.open({ path, cwd: home, branch });
    await work(registry).finally(() => registry.close());
  };
  const claims = async () => {
    const log = openLog(path);
    const found = [...(await log.claims())].sort();
    await log.close();
    return found;
  };
  const compared = async () => {
    const carried = await claims();
    // Neither without what is kept, nor without git.
    for (const PATH of [before.PATH, '']) {
      rmSync(cacheFolderOf(path), { recursive: true, force: true });
      process.env.PATH = PATH;
      expect(await claims()).toEqual(carried);
    }
    process.env.PATH = before.PATH;
    return carried.map(([, { resource, branch }]) => `${resource} on ${branch}`);
  };

  await on(undefined, (registry) => registry.allocate('old', { ports: ['27600'] }));
  const start = git(path, 'rev-parse', 'main');
  for (let at = 0; at < MANY; at++) {
    const branch = `topic-${at}`;
    await on(branch, (registry) => registry.allocate(`web-${at}`, { ports: [String(27601 + at)] }));
  }
  expect(await compared()).toHaveLength(MANY);

  await on(undefined, (registry) => registry.allocate('beside', { ports: ['27650'] }));
  expect(await compared()).toHaveLength(MANY);

  // One is merged, one grows, one is deleted.
  const tree = git(path, 'merge-tree', '--write-tree', 'main', 'topic-0');
  const merged = git(path, 'commit-tree', tree, '-p', 'main', '-p', 'topic-0', '-m', 'Merge topic-0');
  git(path, 'update-ref', 'refs/heads/main', merged);
  await on('topic-1', (registry) => registry.release('web-1'));
  git(path, 'update-ref', '-d', 'refs/heads/topic-2');
  const left = await compared();
  expect(left).toHaveLength(MANY - 3);
  expect(left).toContain('web-3 on topic-3');

  // And main goes back to where it was.
  git(path, 'update-ref', 'refs/heads/main', start);
  expect(await compared()).toContain('web-0 on topic-0');
});
