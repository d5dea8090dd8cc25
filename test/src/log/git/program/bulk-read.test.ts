import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readTexts } from '../../../../../src/log/git/program/bulk-read.js';
import { temporaryFolder } from '../../../../support/folders.js';

function repository(): { path: string; add: (content: string | Buffer) => string } {
  const path = temporaryFolder();
  execFileSync('git', ['init', '--quiet', '--bare', path]);
  const add = (input: string | Buffer) =>
    execFileSync('git', ['-C', path, 'hash-object', '-w', '--stdin'], { input, encoding: 'utf8' }).trim();
  return { path, add };
}

/** Everything temporary of this test, in a folder of its own. */
function ownTemporaryFolder(path = temporaryFolder()): string {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = path;
  onTestFinished(() => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  });
  return path;
}

async function read(path: string, oids: string[]) {
  const texts: (string | undefined)[] = [];
  const whole = await readTexts(path, oids, (text, index) => {
    texts[index] = text;
  });
  return { whole, texts };
}

test('texts come in the order in which they are asked for, whole, and nothing is left of them', async () => {
  const { path, add } = repository();
  const folder = ownTemporaryFolder();
  // Longer together than what is taken at once.
  const contents = Array.from({ length: 30 }, (_, index) => `${index} é\n`.repeat(4_000 + index));
  const oids = contents.map(add);
  const asked = [...oids, ...oids.reverse()];
  const { whole, texts } = await read(path, asked);
  expect(whole).toBe(true);
  expect(texts.slice(0, 30)).toEqual(contents);
  expect(texts.slice(30)).toEqual(contents.reverse());
  expect(readdirSync(folder)).toEqual([]);
});

test('a text too large for an event is told as such, and those around it are read', async () => {
  const { path, add } = repository();
  const oids = ['before', Buffer.alloc(70_000, 'x'), Buffer.alloc(1_000_000, 'y'), 'after'].map(add);
  expect(await read(path, oids)).toEqual({ whole: true, texts: ['before', undefined, undefined, 'after'] });
});

test('an object that git does not have is not passed over', async () => {
  const { path, add } = repository();
  expect((await read(path, [add('one'), 'a'.repeat(40), add('two')])).whole).toBe(false);
});

test('what would fill the disk is given up', async () => {
  const { path, add } = repository();
  const folder = ownTemporaryFolder();
  const oid = add(Buffer.alloc(70 * 2 ** 20));
  expect((await read(path, [oid, oid, oid, oid])).whole).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

test('without a place to write to it is the slow way that has to do', async () => {
  const { path, add } = repository();
  ownTemporaryFolder(join(path, 'not-there'));
  expect(await read(path, [add('one')])).toEqual({ whole: false, texts: [] });
});

test('what the reader throws ends the reading', async () => {
  const { path, add } = repository();
  const folder = ownTemporaryFolder();
  const failing = readTexts(path, [add('one')], () => {
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  expect(readdirSync(folder)).toEqual([]);
});
