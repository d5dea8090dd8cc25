import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { NewEvent } from '../../../../events/event.js';
import { cacheFolderOf } from '../../../../src/log/fold/cache.js';
import type { GitLog } from '../../../../src/log/git-log.js';
import { put } from '../../../support/folders.js';
import { git } from '../../../support/git.js';
import { ADA, allocated, NOON } from '../../../support/given.js';
import { newRegistry, openLog } from '../../../support/registries.js';

const HOUR = 3_600_000;
const released = (port: number): NewEvent => ({
  type: 'port.released',
  protocol: 'tcp',
  port,
  resource: `r${port}`,
  name: 'main',
});

async function add(path: string, hour: number, events: NewEvent[], ref?: string): Promise<void> {
  const log = openLog(path, ref);
  await log.state();
  await log.exclusively(() => log.append({ events, by: ADA, at: NOON + hour * HOUR }));
  await log.close();
}

async function told(log: GitLog) {
  const history = await log.history();
  const entries = [];
  for await (const { event, origin } of history.oldestFirst())
    entries.push({
      at: (Date.parse(event.at) - NOON) / HOUR,
      what: `${event.type.slice(5)} ${event.port}`,
      origin,
    });
  const held = async (hour: number) =>
    (await history.heldAt(NOON + hour * HOUR)).map(({ port }) => port).sort((a, b) => a - b);
  const result = { entries, held: { 1: await held(1), 5: await held(5), 99: await held(99) } };
  await log.close();
  return result;
}

/** What a process tells that finds the cache as it is, and what one tells that finds none. */
async function bothWays(path: string) {
  const known = await told(openLog(path));
  for (const it of [path, join(path, '.git')]) rmSync(cacheFolderOf(it), { recursive: true, force: true });
  const anew = await told(openLog(path));
  expect(known).toEqual(anew);
  return anew;
}

describe('the timeline', () => {
  test('grows as one that is made anew would be, over many parts', async () => {
    const path = await newRegistry({ bare: true });
    for (let round = 0; round < 6; round++) {
      const events = Array.from({ length: 150 }, (_, index) =>
        allocated(20000 + 150 * round + index, `r${20000 + 150 * round + index}`),
      );
      await add(path, round, events);
      const { entries, held } = await told(openLog(path));
      expect(entries).toHaveLength(150 * (round + 1));
      expect(held[1]).toHaveLength(Math.min(300, 150 * (round + 1)));
    }
    await add(path, 7, [released(20000)]);
    const { entries, held } = await bothWays(path);
    expect(entries.at(-1)).toMatchObject({ at: 7, what: 'released 20000' });
    expect([held[1].length, held[5].length, held[99].length]).toEqual([300, 900, 899]);
  });

  test('takes in what a merge brings from the past, with the merge that brought it', async () => {
    const path = await newRegistry({ bare: false });
    git(path, 'branch', 'topic');
    await add(path, 1, [allocated(20001, 'r20001')]);
    await add(path, 4, [allocated(20002, 'r20002')]);
    await told(openLog(path));
    await add(path, 2, [allocated(20003, 'r20003')], 'refs/heads/topic');
    git(path, 'merge', '-q', '--no-edit', 'topic');
    const { entries, held } = await bothWays(path);
    expect(entries.map(({ at, what }) => [at, what])).toEqual([
      [1, 'allocated 20001'],
      [2, 'allocated 20003'],
      [4, 'allocated 20002'],
    ]);
    expect(entries[1]!.origin).toEqual({
      commit: git(path, 'rev-parse', 'topic'),
      via: git(path, 'rev-parse', 'main'),
    });
    expect(entries[2]!.origin).toEqual({ commit: git(path, 'rev-parse', 'main^1') });
    expect(held).toEqual({ 1: [20001], 5: [20001, 20002, 20003], 99: [20001, 20002, 20003] });
  });

  test.each<[string, (path: string) => void]>([
    ['went back', (path) => void git(path, 'reset', '-q', '--hard', 'HEAD~1')],
    [
      'was rebased',
      (path) => {
        git(path, 'reset', '-q', '--hard', 'HEAD~1');
        git(path, 'commit', '-q', '--allow-empty', '-m', 'another');
        git(path, 'cherry-pick', 'ORIG_HEAD');
      },
    ],
    [
      'had an event changed',
      (path) => {
        put(join(path, 'events/tcp/20xxx/200xx/20001/0001.json'), 'x');
        git(path, 'commit', '-qam', 'tamper');
      },
    ],
  ])('of a branch that %s is made anew', async (_, rewrite) => {
    const path = await newRegistry({ bare: false });
    await add(path, 1, [allocated(20001, 'r20001')]);
    await add(path, 2, [allocated(20002, 'r20002')]);
    await told(openLog(path));
    rewrite(path);
    const { entries } = await bothWays(path);
    const commits = git(path, 'rev-list', 'HEAD').split('\n');
    expect(entries.every(({ origin }) => commits.includes(origin.commit))).toBe(true);
  });

  test('counts an event whose clock went backwards from the one before it', async () => {
    const path = await newRegistry({ bare: false });
    await add(path, 3, [allocated(20001, 'r20001')]);
    await add(path, 4, [released(20001)]);
    const file = join(path, 'events/tcp/20xxx/200xx/20001/0002.json');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/"at": "[^"]*"/, `"at": "${new Date(NOON).toISOString()}"`),
    );
    git(path, 'commit', '-qam', 'tamper');
    const { held, entries } = await bothWays(path);
    expect(entries.map(({ what }) => what)).toEqual(['allocated 20001', 'released 20001']);
    expect(held).toEqual({ 1: [], 5: [], 99: [] });
  });

  test.each<[string, (file: string) => void]>([
    ['truncated', (file) => truncateSync(file, 60)],
    ['emptied', (file) => truncateSync(file, 0)],
    ['removed', (file) => rmSync(file)],
    [
      'edited',
      (file) => {
        const content = readFileSync(file);
        content[content.length - 3]! ^= 1;
        writeFileSync(file, content);
      },
    ],
  ])('whose parts were %s is made anew, and nobody is told', async (_, spoil) => {
    const path = await newRegistry({ bare: true });
    await add(
      path,
      1,
      Array.from({ length: 300 }, (_, index) => allocated(20000 + index, `r${20000 + index}`)),
    );
    const before = await told(openLog(path));
    const cache = join(cacheFolderOf(path), readdirSync(cacheFolderOf(path))[0]!);
    for (const name of readdirSync(cache).filter((it) => it.startsWith('timeline'))) {
      spoil(join(cache, name));
      expect(await told(openLog(path)), name).toEqual(before);
    }
  });

  test('is brought up to date by many at once, and told alike by all of them', async () => {
    const path = await newRegistry({ bare: true });
    await add(
      path,
      1,
      Array.from({ length: 300 }, (_, index) => allocated(20000 + index, `r${20000 + index}`)),
    );
    const first = await Promise.all(Array.from({ length: 4 }, () => told(openLog(path))));
    await add(path, 2, [allocated(21000, 'r21000')]);
    const second = await Promise.all(Array.from({ length: 4 }, () => told(openLog(path))));
    for (const it of [...first, ...second])
      expect(it.entries.length === 300 || it.entries.length === 301).toBe(true);
    expect(new Set(second.map((it) => JSON.stringify(it))).size).toBe(1);
    await bothWays(path);
  });

  test('needs no git', async () => {
    const path = await newRegistry({ bare: false });
    git(path, 'branch', 'topic');
    await add(path, 1, [allocated(20001, 'r20001')]);
    await add(path, 2, [allocated(20003, 'r20003')], 'refs/heads/topic');
    git(path, 'merge', '-q', '--no-edit', 'topic');
    const withGit = await bothWays(path);
    const { PATH } = process.env;
    onTestFinished(() => {
      process.env.PATH = PATH;
    });
    process.env.PATH = '/nonexistent';
    expect(await bothWays(path)).toEqual(withGit);
  });
});
