import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfig, repositoryConfig, userConfig } from '../../../../src/log/git/config.js';
import { put, temporaryFolder } from '../../../support/folders.js';
import { git } from '../../../support/git.js';

/** What git itself reads in a file, as pairs; undefined where it refuses the file. */
function asGitReads(path: string): [string, string][] | undefined {
  try {
    const args = ['config', '--file', path, '--no-includes', '--list', '-z'];
    const output = execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return output
      .split('\0')
      .slice(0, -1)
      .map((pair) => {
        const [key = '', ...value] = pair.split('\n');
        return [key, value.length > 0 ? value.join('\n') : 'true'];
      });
  } catch {
    return undefined;
  }
}

const SAMPLES = [
  '[core]\n\tbare = true\n',
  '[core] bare\n[remote "origin"]\n\turl = https://x/y.git # where\n',
  '[remote "a.b c"]\n\tURL="x;y" ; said\n[Remote "a.b c"]\nfetch = +refs/heads/*:refs/remotes/a/*\n',
  '[a]\nb = one \\\n  two\nc = "  kept  " \nd = x\\ty\\\\z\\"q\n',
  '[branch "x\\"y\\\\z"]\n\tremote = origin\n',
  '[user]\r\n\tname = Ada  Lovelace  \r\n',
  '[section.sub]\nkey = v\n',
  '\uFEFF[core]\nbare = false\n',
];

describe('git configuration', () => {
  test.each(SAMPLES)('is read as git reads it: %j', (text) => {
    const path = put(join(temporaryFolder(), 'config'), text);
    expect(parseConfig(text).map(({ key, value }) => [key, value])).toEqual(asGitReads(path));
  });

  test('of any text is what git reads, where git reads it at all', () => {
    const folder = temporaryFolder();
    const piece = fc.constantFrom(
      '[a]',
      '[b "c d"]',
      '\n',
      'k = v',
      'k',
      ' ',
      '"',
      '#',
      ';',
      '\\n',
      '\\\n',
      'x',
      '= ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = `[s]\n${pieces.join('')}\n`;
        const theirs = asGitReads(put(join(folder, 'config'), text));
        if (theirs) expect(parseConfig(text).map(({ key, value }) => [key, value])).toEqual(theirs);
      }),
      { numRuns: 150 },
    );
  });

  test('follows includes, from the file that names them', () => {
    const folder = temporaryFolder();
    git(folder, 'init', '-q', 'r');
    const gitdir = join(folder, 'r/.git');
    put(join(gitdir, 'more/remotes'), '[remote "origin"]\n\turl = https://host/ports.git\n');
    git(join(folder, 'r'), 'config', 'include.path', 'more/remotes');
    const config = repositoryConfig(gitdir, { gitdir });
    expect(config.get('remote.origin.url')).toBe('https://host/ports.git');
    expect(config.names('remote')).toEqual(['origin']);
    expect(git(join(folder, 'r'), 'config', 'remote.origin.url')).toBe('https://host/ports.git');
  });

  test('that includes itself says what it says, and that is all', () => {
    const gitdir = temporaryFolder();
    put(join(gitdir, 'config'), '[core]\n\tbare = true\n[include]\n\tpath = config\n');
    expect(repositoryConfig(gitdir, { gitdir }).flag('core.bare')).toBe(true);
  });

  test.each([
    ['gitdir of this repository', (gitdir: string) => `gitdir:${gitdir}`, true],
    ['gitdir of a folder above', (gitdir: string) => `gitdir:${join(gitdir, '../..')}/`, true],
    ['gitdir by its last names', () => 'gitdir:r/.git', true],
    ['another gitdir', () => 'gitdir:/elsewhere/', false],
    ['this branch', () => 'onbranch:main', true],
    ['branches below a name', () => 'onbranch:feature/', false],
    ['what nobody knows', () => 'weather:sunny', false],
  ])('follows an include on condition: %s', (_, condition, expected) => {
    const home = temporaryFolder();
    git(home, 'init', '-q', '-b', 'main', 'r');
    const gitdir = join(home, 'r/.git');
    put(join(home, 'work'), '[user]\n\temail = ada@work\n');
    const file = put(join(home, 'global'), '[user]\n\temail = ada@home\n');
    git(home, 'config', '--file', file, `includeIf.${condition(gitdir)}.path`, join(home, 'work'));
    const env = { GIT_CONFIG_GLOBAL: file, GIT_CONFIG_NOSYSTEM: '1' };
    const email = userConfig({ gitdir, branch: 'main' }, env).get('user.email');
    expect(email).toBe(expected ? 'ada@work' : 'ada@home');
    const theirs = execFileSync('git', ['-C', join(home, 'r'), 'config', 'user.email'], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    });
    expect(theirs.trim()).toBe(email);
  });

  test('of a worktree comes on top, where the repository says so', () => {
    const folder = temporaryFolder();
    git(folder, 'init', '-q', 'r');
    const gitdir = join(folder, 'r/.git');
    put(join(gitdir, 'config.worktree'), '[core]\n\tbare = true\n');
    expect(repositoryConfig(gitdir, { gitdir }).flag('core.bare')).toBe(false);
    git(join(folder, 'r'), 'config', 'extensions.worktreeConfig', 'true');
    expect(repositoryConfig(gitdir, { gitdir }).flag('core.bare')).toBe(true);
  });

  test('of the user is in their home where nothing names another place', () => {
    const home = temporaryFolder();
    const before = process.env.HOME;
    onTestFinished(() => {
      process.env.HOME = before;
    });
    process.env.HOME = home;
    put(join(home, '.config/git/config'), '[user]\n\tname = First\n\temail = first@x\n');
    put(join(home, '.gitconfig'), '[user]\n\tname = Last\n');
    const config = userConfig({ gitdir: home }, { GIT_CONFIG_NOSYSTEM: '1' });
    expect([config.get('user.name'), config.get('user.email')]).toEqual(['Last', 'first@x']);
  });
});
