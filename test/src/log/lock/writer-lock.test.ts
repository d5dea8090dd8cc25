import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { nextInQueue } from '../../../../src/log/lock/lock-queue.js';
import { isWaiting, lockOwner, WriterLock } from '../../../../src/log/lock/writer-lock.js';
import { identityOf, ownIdentity } from '../../../../src/process/identity.js';
import { handIn, world } from '../../../../src/world/index.js';
import { child, until } from '../../../support/children.js';
import { put, temporaryFolder } from '../../../support/folders.js';
import { testWith } from '../../../support/needs.js';

const NONCE = 'a'.repeat(24);
const lockOf = (more: object) =>
  JSON.stringify({
    nonce: NONCE,
    ...ownIdentity(),
    host: hostname(),
    since: '2026-11-01T12:00:00.000Z',
    ...more,
  });

/** Has something happen once, in the moment before a name is linked. */
function beforeLinkOf(name: string, happens: () => void): void {
  const real = world;
  onTestFinished(() => handIn(real));
  const linkSync: typeof fs.linkSync = (from, to) => {
    if (to === name) {
      handIn(real);
      happens();
    }
    fs.linkSync(from, to);
  };
  handIn({ ...real, files: { ...fs, linkSync } });
}

/** The pid of a process that has been and gone. */
async function deadPid(): Promise<number> {
  const child = spawn('true');
  await once(child, 'exit');
  return child.pid!;
}

describe('the writer lock', () => {
  test('is had by one at a time, and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    const first = await WriterLock.acquire(folder, 1_000);
    await expect(WriterLock.acquire(folder, 50)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    first.release();
    (await WriterLock.acquire(folder, 1_000)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of a process that is gone is taken over', async () => {
    const folder = temporaryFolder();
    put(join(folder, 'writer.lock'), lockOf({ pid: await deadPid() }));
    const lock = await WriterLock.acquire(folder, 1_000);
    expect(JSON.parse(readFileSync(join(folder, 'writer.lock'), 'utf8')).pid).toBe(process.pid);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('of a pid that now belongs to another process is taken over', async () => {
    const folder = temporaryFolder();
    put(join(folder, 'writer.lock'), lockOf({ started: '1' }));
    (await WriterLock.acquire(folder, 1_000)).release();
  });

  test('of an earlier boot is taken over', async () => {
    const folder = temporaryFolder();
    put(join(folder, 'writer.lock'), lockOf({ boot: '00000000-0000-0000-0000-000000000000' }));
    (await WriterLock.acquire(folder, 1_000)).release();
  });

  test('of this boot is taken over from a dead process, whatever the machine was called then', async () => {
    const folder = temporaryFolder();
    put(join(folder, 'writer.lock'), lockOf({ host: 'before.lan', pid: await deadPid() }));
    (await WriterLock.acquire(folder, 1_000)).release();
  });

  test('of another host is never taken over: whether it lives cannot be seen', async () => {
    const folder = temporaryFolder();
    const other = { host: 'elsewhere', boot: '0'.repeat(36), pid: 2 ** 22 + 1 };
    const path = put(join(folder, 'writer.lock'), lockOf(other));
    await expect(WriterLock.acquire(folder, 50)).rejects.toMatchObject({
      code: 'LOCKED',
      hint: expect.stringContaining(path),
    });
    expect(existsSync(path)).toBe(true);
  });

  (process.getuid?.() === 0 ? testWith('unshare') : test.skip)(
    'of another pid namespace is taken over where that has no such process any more, and not before',
    async () => {
      const container = child('unshare', ['--fork', '--pid', '--kill-child', 'sleep', '100']);
      const inside = await until(() => childrenOf(container.pid!)[0]);
      const pidns = await until(() => /\d+/.exec(readlinkSync(`/proc/${inside}/ns/pid`))?.[0]);
      const folder = temporaryFolder();
      const path = put(join(folder, 'writer.lock'), lockOf({ pidns, pid: 1 }));
      await expect(WriterLock.acquire(folder, 50)).rejects.toMatchObject({ code: 'LOCKED' });
      expect(existsSync(path)).toBe(true);
      container.kill('SIGKILL');
      await until(() => !existsSync(`/proc/${inside}`));
      // Only the first namespace sees all others.
      const isFirst = readlinkSync('/proc/self/ns/pid') === 'pid:[4026531836]';
      const taken = WriterLock.acquire(folder, 50).then(
        (lock) => lock.release() ?? true,
        () => false,
      );
      expect(await taken).toBe(isFirst);
    },
  );

  function childrenOf(pid: number): string[] {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  }

  test.each(['', 'x', '{}', '[]', 'null', '{"pid": "1", "nonce": "../../x", "host": "h"}'])(
    'that says %j is never taken over',
    async (text) => {
      const folder = temporaryFolder();
      const path = put(join(folder, 'writer.lock'), text);
      await expect(WriterLock.acquire(folder, 50)).rejects.toMatchObject({ code: 'LOCKED' });
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  test('whose taker died on the way is taken over from that one', async () => {
    const folder = temporaryFolder();
    const pid = await deadPid();
    put(join(folder, 'writer.lock'), lockOf({ pid }));
    put(join(folder, `writer.lock.${NONCE}`), lockOf({ pid, nonce: 'b'.repeat(24) }));
    (await WriterLock.acquire(folder, 1_000)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('whose takers died one after the other is taken over through all of them', async () => {
    const folder = temporaryFolder();
    const pid = await deadPid();
    const nonces = Array.from({ length: 30 }, (_, each) => each.toString(16).padStart(24, '0'));
    put(join(folder, 'writer.lock'), lockOf({ pid, nonce: nonces[0] }));
    for (const [each, nonce] of nonces.slice(1).entries())
      put(join(folder, `writer.lock.${nonces[each]}`), lockOf({ pid, nonce }));
    (await WriterLock.acquire(folder, 1_000)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is had by one at a time where many find its owner dead at once', async () => {
    const folder = temporaryFolder();
    const pid = await deadPid();
    for (let round = 0; round < 20; round++) {
      put(join(folder, 'writer.lock'), lockOf({ pid, nonce: String(round).padStart(24, '0') }));
      let inside = 0;
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const lock = await WriterLock.acquire(folder, 10_000);
          expect(++inside).toBe(1);
          await new Promise((next) => setImmediate(next));
          inside--;
          lock.release();
        }),
      );
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test('that another has taken over since its owner was found dead is waited for', async () => {
    const folder = temporaryFolder();
    put(join(folder, 'writer.lock'), lockOf({ pid: await deadPid() }));
    const had: string[] = [];
    const has = async (name: string, acquired: Promise<WriterLock>) => {
      const lock = await acquired;
      had.push(`${name} begins`);
      await new Promise((next) => setImmediate(next));
      had.push(`${name} ends`);
      lock.release();
    };
    let another: Promise<void> | undefined;
    beforeLinkOf(join(folder, `writer.lock.${NONCE}`), () => {
      another = has('another', WriterLock.acquire(folder, 10_000));
    });
    await has('the first', WriterLock.acquire(folder, 10_000));
    await another;
    expect(had).toEqual(['another begins', 'another ends', 'the first begins', 'the first ends']);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('goes to those who wait in the order in which they came', async () => {
    const folder = temporaryFolder();
    const first = await WriterLock.acquire(folder, 10_000);
    const order: number[] = [];
    const waiting = [];
    for (const each of [1, 2, 3, 4]) {
      waiting.push(
        WriterLock.acquire(folder, 10_000).then((lock) => {
          order.push(each);
          lock.release();
        }),
      );
      const moment = Date.now();
      while (Date.now() === moment);
    }
    first.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3, 4]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is not waited for behind one who was killed while waiting', async () => {
    const folder = temporaryFolder();
    const nonce = '0'.repeat(24);
    const left = put(join(folder, `writer.${nonce}`), lockOf({ pid: await deadPid(), nonce }));
    const lock = await WriterLock.acquire(folder, 10_000);
    await expect(WriterLock.acquire(folder, 50)).rejects.toMatchObject({ code: 'LOCKED' });
    expect(existsSync(left)).toBe(false);
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each<[string, (path: string) => unknown]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link to nothing', (path) => symlinkSync('/nowhere', path)],
    ['a link to itself', (path) => symlinkSync(path, path)],
    ['empty', (path) => put(path, '')],
  ])('is waited for, and had, whatever else is in line: %s', async (_, make) => {
    const folder = temporaryFolder();
    make(join(folder, `writer.${'0'.repeat(24)}`));
    const first = await WriterLock.acquire(folder, 10_000);
    const second = WriterLock.acquire(folder, 10_000);
    first.release();
    (await second).release();
  });

  test.each([
    ['empty', ''],
    ['cut off', '{"nonce":"0123'],
    ['zeros', '\0'.repeat(180)],
  ])('that a power cut left names nobody, and is taken over by one after the other: %s', async (_, text) => {
    const folder = temporaryFolder();
    const path = put(join(folder, 'writer.lock'), text);
    expect(lockOwner(folder)).toBe('torn');
    await expect(WriterLock.acquire(folder, 200)).rejects.toMatchObject({ code: 'LOCKED' });
    let [holders, most] = [0, 0];
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const lock = await WriterLock.acquire(folder, 30_000);
        most = Math.max(most, ++holders);
        await new Promise((next) => setImmediate(next));
        holders--;
        lock.release();
      }),
    );
    expect([most, existsSync(path), readdirSync(folder)]).toEqual([1, false, []]);
  });

  test('that says something else than whose it is, as another version might, is never taken over', {
    tags: ['slow'],
  }, async () => {
    const folder = temporaryFolder();
    put(join(folder, 'writer.lock'), '{"owner": 12}');
    expect(lockOwner(folder)).toBe('unknown');
    await expect(WriterLock.acquire(folder, 3_500)).rejects.toMatchObject({ code: 'LOCKED' });
  });

  test.each<[string, (path: string) => unknown]>([
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
    ['a link to nothing', (path) => symlinkSync('/nowhere', path)],
  ])('that is no file is never taken over, and named: %s', async (_, make) => {
    const folder = temporaryFolder();
    const path = join(folder, 'writer.lock');
    make(path);
    await expect(WriterLock.acquire(folder, 200)).rejects.toMatchObject({
      code: 'LOCKED',
      hint: expect.stringContaining(path),
    });
    expect(readdirSync(folder)).toEqual(['writer.lock']);
  });

  test('is not waited for behind one who has been stopped', async () => {
    const folder = temporaryFolder();
    const child = spawn('sleep', ['1000']);
    child.kill('SIGSTOP');
    await vi.waitUntil(() => readFileSync(`/proc/${child.pid}/stat`, 'latin1').includes(') T '));
    const nonce = '0'.repeat(24);
    const left = put(join(folder, `writer.${nonce}`), lockOf({ ...identityOf(child.pid!), nonce }));
    expect(nextInQueue(join(folder, `writer.${'1'.repeat(24)}`), isWaiting)).toBeUndefined();
    child.kill('SIGCONT');
    await vi.waitUntil(() => isWaiting(left));
    child.kill('SIGKILL');
    await vi.waitUntil(() => !isWaiting(left));
    expect(existsSync(left)).toBe(false);
  });
});
