import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Holdings } from '../../../../events/holdings.js';
import type { FolderLease } from '../../../../events/lease.js';
import { isResourceName } from '../../../../events/names.js';
import type { Holding } from '../../../../events/stream.js';
import { instanceHere, instanceNameOf } from '../../../../src/registry/here/instance-here.js';
import { isFolderGone, whoseLease } from '../../../../src/registry/state/folder-leases.js';
import { put, temporaryFolder } from '../../../support/folders.js';
import { git } from '../../../support/git.js';

const NOTHING = { host: new Holdings() };

function repository(folder = join(temporaryFolder(), 'shop')) {
  mkdirSync(folder, { recursive: true });
  git(folder, 'init', '-q', '-b', 'main');
  put(join(folder, 'x'), '');
  git(folder, 'add', '.');
  git(folder, 'commit', '-qm', 'x');
  const linked = (path: string, ...more: string[]) => {
    git(folder, 'worktree', 'add', '-q', ...more, join(folder, '..', path));
    return join(folder, '..', path);
  };
  return { folder, linked };
}

function leasedTo(lease: FolderLease, resource: string): Holding {
  const by = { name: 'Ada', email: 'ada@example.com', host: 'h' };
  return { port: 41000, protocol: 'tcp', resource, name: 'main', since: '', by, event: resource, lease };
}

describe('the name of an instance', () => {
  test.each([
    ['login', 'login'],
    ['Fix_42.b', 'fix_42.b'],
    ['feature+login', 'feature-login'],
    ['9', '9'],
  ])('of %s is %s', (id, name) => expect(instanceNameOf(id)).toBe(name));

  test.each(['-x', '..x', 'логин', 'x'.repeat(64)])('of %j is one of its own', (id) => {
    expect(instanceNameOf(id)).toMatch(/^wt-[0-9a-f]{8}$/);
  });

  test('can always stand behind an @, and two ids that differ by more than what is replaced differ', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (id) => {
        expect(isResourceName(`web@${instanceNameOf(id)}`)).toBe(true);
      }),
    );
  });
});

describe('the instance of a work tree', () => {
  test('the main one has none', () => {
    expect(instanceHere(repository().folder, undefined, NOTHING).instance).toBeUndefined();
  });

  test('a linked one has the id that git gave it, and keeps it when it moves', () => {
    const { folder, linked } = repository();
    const login = linked('login');
    const before = instanceHere(login, undefined, NOTHING);
    expect(before).toEqual({
      instance: 'login',
      lease: { expires: null, folder: login, git: join(folder, '.git/worktrees/login') },
    });
    const elsewhere = join(folder, '../elsewhere');
    git(folder, 'worktree', 'move', login, elsewhere);
    const host = new Holdings([leasedTo(before.lease, 'shop@login')]);
    const after = instanceHere(elsewhere, undefined, { host });
    expect(after).toMatchObject({ instance: 'login', lease: { folder: elsewhere } });
    expect(whoseLease(after.lease)(before.lease)).toBe('moved');
  });

  test('of a bare repository the one with the default branch stands for the main one, in a rebase too', () => {
    const { folder } = repository();
    const bare = join(folder, '../shop.git');
    git(folder, 'clone', '-q', '--bare', folder, bare);
    const main = join(folder, '../trees/main');
    git(bare, 'worktree', 'add', '-q', main, 'main');
    git(bare, 'worktree', 'add', '-q', '-b', 'other', join(folder, '../trees/other'));
    expect(instanceHere(main, undefined, NOTHING).instance).toBeUndefined();
    expect(instanceHere(join(folder, '../trees/other'), undefined, NOTHING).instance).toBe('other');
    git(main, 'checkout', '-q', '--detach');
    put(join(bare, 'worktrees/main/rebase-merge/head-name'), 'refs/heads/main\n');
    expect(instanceHere(main, undefined, NOTHING).instance).toBeUndefined();
  });

  test('a submodule of a linked one is linked as that is, and one of the main one is not', () => {
    const { folder, linked } = repository();
    const library = repository().folder;
    git(folder, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', library, 'worktrees');
    git(folder, 'commit', '-qm', 'library');
    const login = linked('login');
    git(login, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'update', '--init');
    expect(instanceHere(join(folder, 'worktrees'), undefined, NOTHING).instance).toBeUndefined();
    expect(instanceHere(join(login, 'worktrees'), undefined, NOTHING).instance).toBe('login');
  });

  test('where another folder has the name it is the next one, and stays that', () => {
    const [one, two] = [repository(), repository()].map(({ linked }) => linked('login'));
    const first = instanceHere(one!, undefined, NOTHING);
    const taken = new Holdings([leasedTo(first.lease, 'shop@login')]);
    const second = instanceHere(two!, undefined, { host: taken });
    expect(second.instance).toBe('login-2');
    const freed = new Holdings([leasedTo(second.lease, 'shop@login-2')]);
    expect(instanceHere(two!, undefined, { host: freed }).instance).toBe('login-2');
    expect(instanceHere(one!, undefined, { host: freed }).instance).toBe('login');
  });

  test('can be said, or be none', () => {
    const login = repository().linked('login');
    expect(instanceHere(login, 'two', NOTHING).instance).toBe('two');
    expect(instanceHere(login, 'none', NOTHING).instance).toBeUndefined();
    for (const name of ['', 'a b', '@x', '-x', '../x'])
      expect(() => instanceHere(login, name, NOTHING)).toThrow(/is not a valid instance name/);
  });
});

describe('the folder of a lease is gone', () => {
  function leased() {
    const { folder, linked } = repository();
    const login = linked('trees/login');
    return { folder, login, lease: instanceHere(login, undefined, NOTHING).lease };
  }

  test('when git removed it', () => {
    const { folder, login, lease } = leased();
    expect(isFolderGone(lease)).toBe(false);
    git(folder, 'worktree', 'remove', login);
    expect(isFolderGone(lease)).toBe(true);
  });

  test('when it was deleted, and the folder around it is there', () => {
    const { login, lease } = leased();
    rmSync(login, { recursive: true });
    expect(isFolderGone(lease)).toBe(true);
  });

  test('and not when what is around it has gone with it, as on a disk that is not mounted', () => {
    const { login, lease } = leased();
    renameSync(join(login, '..'), join(login, '../../away'));
    expect(isFolderGone(lease)).toBe(false);
  });

  test('and not when it was moved, by git or by hand', () => {
    const { folder, login, lease } = leased();
    git(folder, 'worktree', 'move', login, join(folder, '../moved'));
    expect(isFolderGone(lease)).toBe(false);
  });

  test('and not when the main repository cannot be read, or has been moved', () => {
    const { folder, login, lease } = leased();
    renameSync(folder, `${folder}-moved`);
    rmSync(login, { recursive: true });
    expect(isFolderGone(lease)).toBe(false);
  });

  test('and not while it is there, even where git has forgotten it', () => {
    const { folder, lease } = leased();
    rmSync(join(folder, '.git/worktrees'), { recursive: true });
    expect(isFolderGone(lease)).toBe(false);
  });

  test('and never that of a main work tree, which may have been moved', () => {
    const { folder } = repository();
    const { lease } = instanceHere(folder, undefined, NOTHING);
    rmSync(folder, { recursive: true });
    expect(isFolderGone(lease)).toBe(false);
  });
});
