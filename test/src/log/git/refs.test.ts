import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Objects } from '../../../../src/log/git/objects.js';
import { locksFolder, RefUpdate } from '../../../../src/log/git/refs.js';
import { openRepository } from '../../../../src/log/git/repository.js';
import { handIn, world } from '../../../../src/world/index.js';
import { until } from '../../../support/children.js';
import { put } from '../../../support/folders.js';
import { fsck, git } from '../../../support/git.js';
import { MAIN, newRegistry, openLog } from '../../../support/registries.js';

/** A registry, with a commit in line to be written that adds so many files to its branch. */
async function withNextCommit({ files = 1 } = {}) {
  const path = await newRegistry({ bare: true });
  const repository = openRepository(path);
  const objects = new Objects(path);
  onTestFinished(() => objects.close());
  const head = git(path, 'rev-parse', 'HEAD');
  const names = Array.from({ length: files }, (_, index) => `new/${index}`);
  const contents = new Map(names.map((name) => [name, objects.stage('blob', Buffer.from(`${name}\n`))]));
  const { root } = await objects.stageFiles(git(path, 'rev-parse', 'HEAD^{tree}'), contents);
  const signature = 'Ada Lovelace <ada@example.com> 0 +0000';
  const next = await objects.stageCommit({ tree: root, parents: [head], signature, message: 'next\n' });
  return {
    path,
    head,
    next,
    written: [next, root, ...contents.values()],
    lock: join(path, `${MAIN}.lock`),
    mark: join(locksFolder(repository), encodeURIComponent(MAIN)),
    begin: () => RefUpdate.begin(repository, MAIN, head, next, objects),
  };
}

/** Each look at the clock is a second after the one before. */
function hurriedClock(): void {
  const real = world;
  let time = real.elapsed();
  onTestFinished(() => handIn(real));
  handIn({
    ...real,
    elapsed: () => {
      time += 1_000;
      return time;
    },
  });
}

describe('a ref that is about to move', () => {
  test('given a git that drops its new objects before we have the lock: it stays where it is', async () => {
    const { path, head, written, lock, mark, begin } = await withNextCommit();
    put(lock, '');
    const update = begin();
    const loose = written.map((oid) => join(path, 'objects', oid.slice(0, 2), oid.slice(2)));
    await until(() => [mark, ...loose].every((it) => existsSync(it)));
    git(path, 'prune', '--expire=now');
    rmSync(lock);
    await expect(update).rejects.toMatchObject({ name: 'HeadMoved' });
    expect([existsSync(lock), existsSync(mark), git(path, 'rev-parse', MAIN)]).toEqual([false, false, head]);
    fsck(path);
  });

  test('given another program that keeps its lock: LOCKED, and that lock is left alone', {
    timeout: 10_000,
  }, async () => {
    const { path, head, lock, mark, begin } = await withNextCommit();
    put(lock, 'theirs');
    hurriedClock();
    await expect(begin()).rejects.toMatchObject({ code: 'LOCKED', details: { path: lock } });
    expect([readFileSync(lock, 'utf8'), existsSync(mark)]).toEqual(['theirs', false]);
    expect(git(path, 'rev-parse', MAIN)).toBe(head);
  });

  test.each<[string, (update: RefUpdate) => void]>([
    ['has moved', (update) => update.finish('')],
    ['will not move', (update) => update.cancel()],
  ])('keeps git from its pack of new objects until it %s', async (_, end) => {
    const { path, begin } = await withNextCommit({ files: 300 });
    const kept = () => readdirSync(join(path, 'objects/pack')).filter((name) => name.endsWith('.keep'));
    const update = await begin();
    expect(kept()).toHaveLength(1);
    end(update);
    expect(kept()).toEqual([]);
    fsck(path);
  });
});

describe('the mark of a writer that was killed', () => {
  test.each([
    ['its own lock, which goes too', (mark: string) => mark, false],
    ['the lock of a git that has come since, which stays', () => '', true],
  ])('is removed beside %s', async (_, lockOf, stays) => {
    const { path, next, lock, mark } = await withNextCommit();
    put(mark, `${next}\n`);
    put(lock, lockOf(`${next}\n`));
    await openLog(path).exclusively(async () => undefined);
    expect([existsSync(mark), existsSync(lock)]).toEqual([false, stays]);
  });
});
