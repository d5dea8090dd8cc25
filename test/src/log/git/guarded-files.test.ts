import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as guarded from '../../../../src/log/git/guarded-files.js';
import { put, temporaryFolder } from '../../../support/folders.js';

/** A folder with a file, and a place beside it that has a link to that folder. */
function linked() {
  const folder = temporaryFolder();
  const [victim, place] = [join(folder, 'victim'), join(folder, 'place')];
  put(join(victim, 'file'), 'mine\n');
  mkdirSync(join(place, 'real'), { recursive: true });
  put(join(place, 'source'), 'planted\n');
  symlinkSync(victim, join(place, 'link'));
  symlinkSync(join(victim, 'file'), join(place, 'real/file'));
  symlinkSync(join(folder, 'nowhere'), join(place, 'dangling'));
  return { victim, place, folder };
}

const CALLS: [string, (path: string, source: string) => void][] = [
  ['appendFileSync', (path) => guarded.appendFileSync(path, 'planted')],
  ['copyFileSync', (path, source) => guarded.copyFileSync(source, path)],
  ['linkSync', (path, source) => guarded.linkSync(source, path)],
  ['mkdirSync', (path) => guarded.mkdirSync(path)],
  ['mkdirSync, recursive', (path) => guarded.mkdirSync(join(path, 'x/y'), { recursive: true })],
  ['openNew', (path) => void guarded.openNew(path)],
  ['rename', (path, source) => guarded.rename(source, path)],
  ['rmSync', (path) => guarded.rmSync(path, { force: true })],
  ['rmdirSync', (path) => guarded.rmdirSync(path)],
  ['unlinkSync', (path) => guarded.unlinkSync(path)],
  ['writeNew', (path) => guarded.writeNew(path, 'planted')],
  ['writeWhole', (path) => guarded.writeWhole(path, 'planted')],
];

describe.each(CALLS)('%s', (_, call) => {
  test.each(['link/file', 'link/new', 'link/sub/new', 'dangling/new'])('does nothing at %s', (at) => {
    const { victim, place, folder } = linked();
    const act = () => call(join(place, at), join(place, 'source'));
    expect(act).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/UNSUPPORTED_REPOSITORY|ENOTDIR/) }),
    );
    expect(readdirSync(victim)).toEqual(['file']);
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('mine\n');
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
    expect(readFileSync(join(place, 'source'), 'utf8')).toBe('planted\n');
  });

  test('does not follow a link that stands in the place of the file', () => {
    const { victim, place } = linked();
    try {
      call(join(place, 'real/file'), join(place, 'source'));
    } catch (error) {
      expect(error).toMatchObject({
        code: expect.stringMatching(/EEXIST|ELOOP|ENOTDIR|UNSUPPORTED_REPOSITORY/),
      });
    }
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('mine\n');
  });
});

test('where no link is in the way, what is asked for is done', () => {
  const { place } = linked();
  const file = join(place, 'real/new/file');
  guarded.mkdirSync(join(place, 'real/new'), { recursive: true });
  guarded.writeNew(file, 'one\n');
  guarded.appendFileSync(file, 'two\n');
  guarded.linkSync(file, `${file}.link`);
  guarded.copyFileSync(file, `${file}.copy`);
  guarded.rename(`${file}.copy`, `${file}.moved`);
  expect(readFileSync(`${file}.moved`, 'utf8')).toBe('one\ntwo\n');
  guarded.unlinkSync(`${file}.link`);
  guarded.rmSync(join(place, 'link'));
  expect(lstatSync(join(place, 'link'), { throwIfNoEntry: false })).toBeUndefined();
  expect(readdirSync(join(place, 'real/new')).sort()).toEqual(['file', 'file.moved']);
});
