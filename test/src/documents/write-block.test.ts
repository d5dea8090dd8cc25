import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withBlock, writeBlock } from '../../../src/documents/write-block.js';
import { put, temporaryFolder } from '../../support/folders.js';
import { git } from '../../support/git.js';

function checkout() {
  const folder = temporaryFolder();
  git(folder, 'init', '-q');
  return folder;
}

describe('a block in a file', () => {
  test('is put behind what is there, and then kept in its place', () => {
    const first = withBlock('A=1', 'WEB_PORT=30000', 'x');
    expect(first).toBe('A=1\n# vports:start\nWEB_PORT=30000\n# vports:end\n');
    expect(withBlock(`${first}B=2\n`, 'WEB_PORT=30001', 'x')).toBe(
      'A=1\n# vports:start\nWEB_PORT=30001\n# vports:end\nB=2\n',
    );
  });

  test('keeps the line ends of the file', () => {
    expect(withBlock('A=1\r\n', 'B=2\nC=3', 'x')).toBe(
      'A=1\r\n# vports:start\r\nB=2\r\nC=3\r\n# vports:end\r\n',
    );
    const again = withBlock('# vports:start\r\nB=2\r\n# vports:end\r\nA=1\r\n', 'B=3', 'x');
    expect(again).toBe('# vports:start\r\nB=3\r\n# vports:end\r\nA=1\r\n');
  });

  test('whatever is around it stays, and twice is once', () => {
    const text = fc
      .array(fc.stringMatching(/^[A-Z]{1,5}=[a-z0-9# ]{0,9}$/))
      .map((lines) => lines.map((it) => `${it}\n`).join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const once = withBlock(before, 'WEB_PORT=1', 'x');
        expect(withBlock(once, 'WEB_PORT=1', 'x')).toBe(once);
        expect(withBlock(`${once}${after}`, 'WEB_PORT=2', 'x')).toBe(
          `${once.replace('WEB_PORT=1', 'WEB_PORT=2')}${after}`,
        );
      }),
    );
  });

  test.each([
    '# vports:start\n',
    '# vports:end\n# vports:start\n',
    '# vports:start\n# vports:end\n# vports:end\n',
  ])('with a mark too many or too few, as in %j, nothing is guessed', (text) =>
    expect(() => withBlock(text, 'WEB_PORT=1', '.env')).toThrow(/needs exactly one/),
  );

  test('goes into no file that git tracks, by whatever name', () => {
    const folder = checkout();
    const file = put(join(folder, '.env'), 'A=1\n');
    git(folder, 'add', '-f', '.env');
    symlinkSync('.env', join(folder, '.env.local'));
    for (const name of ['.env', '.env.local'])
      expect(() => writeBlock(join(folder, name), 'WEB_PORT=1')).toThrow(/git tracks/);
    expect(readFileSync(file, 'utf8')).toBe('A=1\n');
  });

  test('goes into no file of which git cannot be asked, in a linked work tree neither', () => {
    const main = checkout();
    put(join(main, 'x'), '');
    git(main, 'add', '.');
    git(main, 'commit', '-qm', 'x');
    const login = join(temporaryFolder(), 'login');
    git(main, 'worktree', 'add', '-q', login);
    put(join(main, '.git/worktrees/login/index'), 'torn');
    expect(() => writeBlock(join(login, '.env.local'), 'WEB_PORT=1')).toThrow(/cannot tell/);
  });

  test('goes through no link that leaves the work tree', () => {
    const folder = checkout();
    const outside = put(join(temporaryFolder(), 'x'), 'A=1\n');
    symlinkSync(outside, join(folder, '.env.local'));
    expect(() => writeBlock(join(folder, '.env.local'), 'WEB_PORT=1')).toThrow(/link to/);
    expect(readFileSync(outside, 'utf8')).toBe('A=1\n');
  });

  test('says where git would take the file into a commit', () => {
    const folder = checkout();
    put(join(folder, 'web/x'), '');
    const codes = (name: string) =>
      writeBlock(join(folder, name), 'WEB_PORT=1').warnings.map(({ code }) => code);
    expect(codes('.env.local')).toEqual(['NOT_IGNORED']);
    put(join(folder, '.gitignore'), '*.local\n!web/.env.local\n');
    expect(codes('.env.b.local')).toEqual([]);
    expect(codes('web/.env.local')).toEqual(['NOT_IGNORED']);
    put(join(folder, '.git/info/exclude'), '*.mine\n');
    expect(codes('web/.mine')).toEqual([]);
  });

  test('without git any file will do', () => {
    const file = join(temporaryFolder(), '.env');
    expect(writeBlock(file, 'WEB_PORT=1')).toEqual({ path: file, changed: true, warnings: [] });
    expect(writeBlock(file, 'WEB_PORT=1').changed).toBe(false);
  });
});
