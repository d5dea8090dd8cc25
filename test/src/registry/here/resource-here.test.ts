import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { resourceHere } from '../../../../src/registry/here/resource-here.js';
import { put, temporaryFolder } from '../../../support/folders.js';
import { git } from '../../../support/git.js';

let home = '';
beforeEach(() => {
  home = temporaryFolder();
  vi.stubEnv('HOME', home);
});
afterEach(() => vi.unstubAllEnvs());

function project(path: string, files: Record<string, string> = {}): string {
  const folder = join(home, path);
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) put(join(folder, name), text);
  return folder;
}

describe('the resource of a folder', () => {
  test('is the nearest name up to the root of the work tree, a scope dropped', () => {
    const root = project('mono', {
      'package.json': '{"name": "@acme/mono"}',
      'web/service.json': '{"name": "web"}',
      'web/src/x': '',
      'api/package.json': '{"name": "@acme/api"}',
      'docs/x': '',
    });
    git(root, 'init', '-q');
    const resources = ['web/src', 'web', 'api', 'docs', '.'].map(
      (it) => resourceHere(join(root, it), undefined).resource,
    );
    expect(resources).toEqual(['web', 'web', 'api', 'mono', 'mono']);
    expect(resourceHere(join(root, 'web/src'), undefined)).toMatchObject({
      root,
      folder: { path: join(root, 'web') },
    });
  });

  test('is not named by what is above the work tree', () => {
    project('.', { 'package.json': '{"name": "home"}' });
    const root = project('work/My App');
    put(join(home, 'work/package.json'), '{"name": "work"}');
    git(root, 'init', '-q');
    expect(resourceHere(root, undefined)).toMatchObject({
      resource: 'my-app',
      guess: expect.stringContaining('my-app'),
    });
  });

  test('in a linked work tree is called as the main one is, and of a bare repository as that', () => {
    const root = project('shop', { x: '' });
    git(root, 'init', '-q', '-b', 'main');
    git(root, 'add', '.');
    git(root, 'commit', '-qm', 'x');
    git(root, 'worktree', 'add', '-q', join(home, 'login'));
    expect(resourceHere(join(home, 'login'), undefined)).toMatchObject({
      resource: 'shop',
      root: join(home, 'login'),
    });
    git(root, 'clone', '-q', '--bare', root, join(home, 'store.git'));
    git(join(home, 'store.git'), 'worktree', 'add', '-q', join(home, 'trees/fix'));
    expect(resourceHere(join(home, 'trees/fix'), undefined).resource).toBe('store');
    git(root, 'clone', '-q', '--bare', root, join(home, 'market/.bare'));
    git(join(home, 'market/.bare'), 'worktree', 'add', '-q', join(home, 'market/fix'));
    expect(resourceHere(join(home, 'market/fix'), undefined).resource).toBe('market');
  });

  test('is what was asked for, whatever stands in the files', () => {
    const root = project('web', { 'service.json': '{"name": "web"}' });
    expect(resourceHere(root, 'api')).toMatchObject({ resource: 'api', folder: { service: undefined } });
    expect(resourceHere(root, 'web').folder.service?.resource).toBe('web');
    expect(() => resourceHere(root, '../x')).toThrow(/is not a valid resource name/);
  });

  test('is never the home folder, nor what it says, nor the root', () => {
    project('.', { 'package.json': '{"name": "dotfiles"}' });
    for (const folder of [home, '/']) expect(() => resourceHere(folder, undefined)).toThrow(/cannot tell/);
    git(home, 'init', '-q');
    expect(() => resourceHere(home, undefined)).toThrow(/cannot tell/);
  });

  test('without git a name above counts, and without one the folder itself', () => {
    const app = project('app', { 'package.json': '{"name": "app"}', 'src/x': '' });
    expect(resourceHere(join(app, 'src'), undefined)).toMatchObject({ resource: 'app', root: app });
    expect(resourceHere(project('plain/inner'), undefined)).toMatchObject({ resource: 'inner' });
  });

  test('a package.json that names nothing usable is passed over', () => {
    for (const text of ['{', '[]', '{"name": 3}', '{"name": "§"}', 'null']) {
      const root = project('fallback', { 'package.json': text });
      expect(resourceHere(root, undefined).resource).toBe('fallback');
    }
  });
});
