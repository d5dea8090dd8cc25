import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Objects, objectName } from '../../../../src/log/git/objects.js';
import { type NewObject, writePack } from '../../../../src/log/git/pack.js';
import { temporaryFolder } from '../../../support/folders.js';
import { git } from '../../../support/git.js';

function emptyRepository(): string {
  const path = temporaryFolder();
  execFileSync('git', ['init', '--quiet', '--bare', path]);
  return path;
}

const blobOf = (size: number): NewObject => ({ type: 'blob', content: Buffer.alloc(size, `${size} `) });
const contentOf = (path: string, oid: string) =>
  execFileSync('git', ['-C', path, 'cat-file', 'blob', oid], { maxBuffer: 2 ** 28 });
const packsIn = (path: string) =>
  readdirSync(join(path, 'objects/pack')).filter((name) => name.endsWith('.pack'));

describe('a pack', () => {
  test('holds objects of every length of the header for git to read', async () => {
    const path = emptyRepository();
    const objects = [0, 1, 15, 16, 1_024, 1_025, 2_047, 2_048, 262_143, 262_144, 5_000_000].map(blobOf);
    expect(await writePack(path, objects)).toMatch(/pack-[0-9a-f]{40}$/);
    for (const { content } of objects) {
      expect(contentOf(path, objectName('blob', content)).equals(content)).toBe(true);
    }
    git(path, 'fsck', '--strict');
  });

  test('holds whatever bytes it was given', async () => {
    const path = emptyRepository();
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.uint8Array({ maxLength: 5_000 }), { minLength: 1, selector: (it) => it.join() }),
        async (contents) => {
          const objects = contents.map((it): NewObject => ({ type: 'blob', content: Buffer.from(it) }));
          expect(await writePack(path, objects)).toMatch(/pack-[0-9a-f]{40}$/);
          const one = objects.at(-1)!.content;
          expect(contentOf(path, objectName('blob', one)).equals(one)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('is not there where git has refused it', async () => {
    const path = temporaryFolder();
    expect(await writePack(path, [blobOf(10)])).toBeUndefined();
    expect(readdirSync(path)).toEqual([]);
  });
});

describe('many new objects', () => {
  const stage = (objects: Objects) =>
    Array.from({ length: 300 }, (_, index) => objects.stage('blob', Buffer.from(`event ${index}\n`)));

  test('are one pack', async () => {
    const path = emptyRepository();
    const objects = new Objects(path);
    const oids = stage(objects);
    await objects.flush();
    expect(packsIn(path)).toHaveLength(1);
    expect(git(path, 'count-objects')).toMatch(/^0 objects/);
    expect(contentOf(path, oids[299]!).toString()).toBe('event 299\n');
  });

  test('are a file each where there is no git', async () => {
    const path = emptyRepository();
    const objects = new Objects(path);
    const before = process.env.PATH;
    process.env.PATH = '';
    try {
      stage(objects);
      await objects.flush();
    } finally {
      process.env.PATH = before;
    }
    expect(packsIn(path)).toEqual([]);
    expect(git(path, 'count-objects')).toMatch(/^300 objects/);
  });
});
