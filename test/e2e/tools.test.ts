import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { testWith } from '../support/needs.js';

const GUIDE = readFileSync('docs/guide/every-day.md', 'utf8');

/** The file of that name, as the guide shows it. */
function shown(name: string): string {
  return new RegExp(`\`\`\`\\w+\\n# ${name.replaceAll('.', '\\.')}\\n([\\s\\S]*?)\`\`\``).exec(GUIDE)![1]!;
}

/** A project with a linked work tree, and a shell that finds vports. */
function project(files: Record<string, string>) {
  const home = temporaryFolder();
  const [shop, login] = [join(home, 'shop'), join(home, 'login')];
  const program = `#!/bin/sh\nexec '${process.execPath}' '${resolve('dist/vports.cjs')}' "$@"\n`;
  const env = {
    PATH: `${join(home, '.bin')}:${process.env.PATH}`,
    HOME: home,
    GIT_AUTHOR_NAME: 'Ada Lovelace',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    ...(process.env.VPORTS_TEST_CACHE && { XDG_CACHE_HOME: process.env.VPORTS_TEST_CACHE }),
  };
  chmodSync(put(join(home, '.bin/vports'), program), 0o755);
  const all = { 'package.json': '{"name": "shop"}', '.gitignore': '.env\n*.local\n', ...files };
  for (const [name, text] of Object.entries(all)) put(join(shop, name), text);
  git(shop, 'init', '-q', '-b', 'main');
  git(shop, 'add', '.');
  git(shop, 'commit', '-qm', 'x');
  git(shop, 'worktree', 'add', '-q', login);
  const run = (cwd: string, ...[program = '', ...args]: string[]) =>
    execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd();
  return { shop, login, run };
}

const TOLD = ['sh', '-c', 'echo "$SHOP_PORT"'];

testWith('direnv')('direnv sets the port of each work tree', { tags: ['slow'] }, () => {
  const { shop, login, run } = project({ '.envrc': shown('.envrc') });
  const told = (cwd: string) => run(cwd, 'direnv', 'exec', '.', ...TOLD);
  run(shop, 'direnv', 'allow');
  expect(told(shop)).toBe('');
  run(shop, 'vports', 'run', 'true');
  expect(told(shop)).toBe(run(shop, 'vports', 'get', 'shop'));
  expect(() => told(login)).toThrow('is blocked');
  run(login, 'direnv', 'allow');
  expect(told(login)).toBe(run(login, 'vports', 'get', 'shop@login'));
  expect(told(login)).not.toBe(told(shop));
});

testWith('mise').each([
  ['a file that vports keeps', { 'mise.toml': shown('mise.toml') }],
  [
    'a script',
    {
      'mise.toml': shown('mise.toml').replace(/_\.file.*/, /_\.source = "[^"]+"/.exec(GUIDE)![0]),
      'ports.sh': shown('.envrc'),
    },
  ],
])('mise sets the port of each work tree, from %s', { tags: ['slow'] }, (_, files) => {
  const { shop, login, run } = project(files);
  const told = (cwd: string) => JSON.parse(run(cwd, 'mise', 'env', '--json')).SHOP_PORT;
  expect(() => told(shop)).toThrow('not trusted');
  run(shop, 'mise', 'trust');
  expect([told(shop), told(login)]).toEqual([undefined, undefined]);
  for (const folder of [shop, login]) {
    run(folder, 'vports', 'run', 'true');
    run(folder, 'vports', 'env', '--write', '.env.local');
  }
  expect(told(shop)).toBe(run(shop, 'vports', 'get', 'shop'));
  expect(told(login)).toBe(run(login, 'vports', 'get', 'shop@login'));
});
