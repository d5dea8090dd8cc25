import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { put, temporaryFolder } from '../support/folders.js';
import { git } from '../support/git.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';

/** What a terminal of ten lines shows of a command. */
function onTerminal(home: string, command: string, env: Record<string, string> = {}): string {
  const program = `'${process.execPath}' '${resolve('dist/vports.cjs')}'`;
  const script = `stty rows 10 cols 100; cd '${home}'; ${command.replaceAll('vports', program)}; true`;
  return execFileSync('script', ['-qec', script, '/dev/null'], {
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      HOME: home,
      PATH: process.env.PATH,
      TERM: 'xterm',
      VPORTS_HOST_LOG: join(home, 'host.git'),
      ...env,
    },
  });
}

const RED = '\u001b[31m';
const GREEN = '\u001b[32m';

describe('long output on a terminal', () => {
  testWith('script')('goes through the pager of the user, the one for git first', () => {
    const home = temporaryFolder();
    const marked = (name: string) => `sed 's/^/${name}:/'`;
    expect(onTerminal(home, 'vports ranges', { PAGER: marked('PAGER') })).toMatch(/^PAGER:RANGE/m);
    put(join(home, '.gitconfig'), `[core]\n\tpager = "${marked('CONFIGURED')}"\n`);
    expect(onTerminal(home, 'vports ranges', { PAGER: marked('PAGER') })).toMatch(/^CONFIGURED:RANGE/m);
    expect(onTerminal(home, 'vports ranges', { GIT_PAGER: marked('GIT') })).toMatch(/^GIT:RANGE/m);
  });

  testWith('script')(
    'and through none where it is short, where that is not wanted, or where none can be run',
    () => {
      const home = temporaryFolder();
      const paged = { PAGER: "sed 's/^/paged:/'" };
      for (const command of ['vports check 25000', 'vports ranges --no-pager', 'vports ranges | head -n 3'])
        expect(onTerminal(home, command, paged)).not.toContain('paged:');
      for (const PAGER of ['', 'cat', 'no-such-pager-at-all'])
        expect(onTerminal(home, 'vports ranges', { PAGER })).toMatch(/^RANGE/m);
      expect(onTerminal(home, 'vports ranges', { PAGER: 'head -n 1 >/dev/null' })).not.toContain('error');
    },
  );

  testWith('script')('and never through one that a repository names', () => {
    const home = temporaryFolder();
    const own = join(home, 'own');
    mkdirSync(own);
    git(own, 'init', '-q');
    git(own, 'config', 'core.pager', `touch '${join(home, 'pwned')}'; cat`);
    expect(onTerminal(home, 'cd own && vports ranges', { PAGER: 'cat' })).toMatch(/^RANGE/m);
    expect(existsSync(join(home, 'pwned'))).toBe(false);
  });
});

describe('colours', () => {
  testWith('script')('tell verdicts and levels apart on a terminal', () => {
    const home = temporaryFolder();
    expect(onTerminal(home, 'vports check 27710')).toContain(`${GREEN}available`);
    expect(onTerminal(home, 'vports register web 27710; vports check 27710')).toContain(`${RED}web`);
    expect(onTerminal(home, 'vports get nope')).toContain(`${RED}error`);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
      expect(onTerminal(home, 'vports check 27711; vports get nope', env)).not.toContain('\u001b[3');
  });

  test('are nowhere else, unless they are forced', async () => {
    const home = temporaryFolder();
    const vports = runner(home, { env: { VPORTS_HOST_LOG: join(home, 'host.git') } });
    expect((await vports(['check', '27712'])).stdout).toBe('available');
    expect((await vports(['check', '27712'], { env: { FORCE_COLOR: '1' } })).stdout).toContain(GREEN);
    const json = await vports(['check', '27712', '--json'], { env: { FORCE_COLOR: '1' } });
    expect(JSON.parse(json.stdout).verdict).toBe('available');
  });
});

const MANIFEST = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'));
const SHOWN = Object.values<{ id: string; hidden: boolean; summary: string; examples?: string[] }>(
  MANIFEST.commands,
).filter(({ hidden }) => !hidden);

test('every command has a summary and an example that names it', () => {
  for (const { id, summary, examples = [] } of SHOWN) {
    expect(summary, id).toMatch(/^[A-Z].*[^.]$/);
    expect(examples.join('\n'), id).toMatch(
      new RegExp(`(<%= config.bin %>|vports) ${id.replaceAll(':', ' ')}`),
    );
  }
});

testWith('man')('the manual page can be read, and has every command', () => {
  const page = execFileSync('man', ['-l', 'dist/vports.1'], {
    encoding: 'utf8',
    env: { ...process.env, MANWIDTH: '100', LC_ALL: 'C.UTF-8', GROFF_NO_SGR: '1' },
  }).replace(/.\u0008/g, '');
  for (const { id } of SHOWN)
    expect(page).toMatch(new RegExp(`^ {3}vports ${id.replaceAll(':', ' ')}\\b`, 'm'));
  for (const title of ['NAME', 'SYNOPSIS', 'COMMANDS', 'EXIT STATUS', 'ENVIRONMENT', 'FILES'])
    expect(page).toMatch(new RegExp(`^${title}$`, 'm'));
});
