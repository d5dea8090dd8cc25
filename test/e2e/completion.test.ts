import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/folders.js';
import { testWith } from '../support/needs.js';
import { runner } from '../support/program.js';
import { newRegistry } from '../support/registries.js';
import { Terminal } from '../support/terminal.js';

const _WAIT = { timeout: 30_000, interval: 50 };

/** A home with a registry in which web, worker and web@login hold ports, and a `vports` on the PATH. */
async function shellUser() {
  const home = temporaryFolder();
  const registry = await newRegistry({ bare: true });
  const env = { VPORTS_REGISTRY: registry, VPORTS_HOST_LOG: join(home, 'host.git') };
  const vports = runner(home, { env });
  await vports(['allocate', 'web', '--port', 'api=30010', '--port', 'ui=30011', '--owner', 'team-web']);
  await vports(['allocate', 'worker']);
  await vports(['allocate', 'web@login']);
  await vports(['allocate', 'evil', '--owner', 'ev$(touch pwned)']);
  const bin = join(home, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'vports'),
    `#!/bin/sh\nexec "${process.execPath}" "${resolve('dist/vports.cjs')}" "$@"\n`,
  );
  chmodSync(join(bin, 'vports'), 0o755);
  const script = async (shell: string) => (await vports(['completion', shell])).stdout;
  const shellEnv = { ...env, HOME: home, PATH: `${bin}:${process.env.PATH}`, LC_ALL: 'C.UTF-8' };
  const runShell = (program: string, args: string[]) =>
    execFileSync(program, args, { cwd: home, env: shellEnv, encoding: 'utf8' }).split('\n').filter(Boolean);
  return { home, script, shellEnv, runShell };
}

/** What has to be offered for each line, among other things or alone. */
const OFFERED: [line: string, candidates: string[]][] = [
  ['vports alloc', ['allocate']],
  ['vports url w', ['web', 'worker']],
  ['vports env --share w', ['web', 'worker']],
  ['vports run --instance ', ['login', 'none']],
  ['vports schema po', ['policy']],
  ['vports policy ', ['edit', 'set', 'show']],
  ['vports get w', ['web', 'web@login', 'worker']],
  ['vports get web ', ['api', 'ui']],
  ['vports who 3001', ['30010', '30011']],
  ['vports check --for wo', ['worker']],
  ['vports list --owner ', ['team-web']],
  ['vports list --range core', ['core-reserved']],
  ['vports allocate new --range core', []],
  ['vports reassign web --to ', ['30003', '30004']],
  ['vports release web --port u', ['ui']],
  ['vports allocate new --range ', ['databases', 'monitoring']],
  ['vports get web --jso', ['--json']],
  ['vports exec web -- l', []],
];

const contains = (found: string[], candidates: string[]) =>
  candidates.length === 0
    ? expect(found).toEqual([])
    : expect(found).toEqual(expect.arrayContaining(candidates));

testWith('bash')('bash completes what is on record', async () => {
  const { runShell, script } = await shellUser();
  const source = await script('bash');
  const complete = (line: string) =>
    runShell('bash', [
      '--norc',
      '-c',
      `${source}
COMP_LINE=$1 COMP_POINT=\${#1} COMP_WORDS=($1) COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_vports
printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      line,
    ]);
  for (const [line, candidates] of OFFERED) contains(complete(line), candidates);
  // bash replaces what stands behind the last of its own word breaks.
  expect(complete('vports get web@l')).toEqual(['login']);
  contains(complete('vports list --owner='), ['team-web']);
});

testWith('zsh')('zsh completes what is on record', { tags: ['slow'] }, async () => {
  const { runShell, script } = await shellUser();
  const source = await script('zsh');
  const complete = (line: string) =>
    runShell('zsh', [
      '-f',
      '-c',
      `compdef() { : }
_files() { : }
${source}
compadd() { print -rl -- $values }
words=("\${(@s: :)1}") CURRENT=$#words
_vports`,
      'zsh',
      line,
    ]);
  for (const [line, candidates] of OFFERED) contains(complete(line), candidates);
});

testWith('fish')('fish completes what is on record', { tags: ['slow'] }, async () => {
  const { runShell, script } = await shellUser();
  const source = await script('fish');
  const complete = (line: string) =>
    runShell('fish', ['--no-config', '-c', `${source}\ncomplete -C $argv[1]`, line]).map(
      (it) => it.split('\t')[0]!,
    );
  for (const [line, candidates] of OFFERED) if (candidates.length > 0) contains(complete(line), candidates);
});

/** How each shell is told of it, and started so that nothing but that is read. */
const SHELLS = {
  bash: { rc: '.bashrc', before: "PS1='> '\n", start: 'bash --noprofile -i' },
  zsh: { rc: '.zshrc', before: "PROMPT='> '\nautoload -Uz compinit && compinit -u -D\n", start: 'zsh -d -i' },
  fish: {
    rc: '.config/fish/config.fish',
    before: "function fish_prompt; printf '> '; end\n",
    start: 'fish -i',
  },
};

for (const [shell, { rc, before, start }] of Object.entries(SHELLS)) {
  testWith(shell, 'script')(`a line that is typed in ${shell} is completed at the tab`, async () => {
    const { home, script, shellEnv } = await shellUser();
    mkdirSync(join(home, '.config/fish'), { recursive: true });
    // Without it fish reads all manual pages in the background, past its end.
    mkdirSync(join(home, '.local/share/fish/generated_completions'), { recursive: true });
    writeFileSync(join(home, rc), before + (await script(shell)));
    const terminal = Terminal.start(start, { cwd: home, env: { ...shellEnv, TERM: 'xterm' } });
    await terminal.answer('> ', 'vports get wor\t');
    await terminal.answer('worker', '\n');
    await terminal.answer(/^\W*30000/m, 'vports list --owner ev\t');
    await terminal.answer(/pwned.{0,3}\)/, '; echo do""ne\n');
    await terminal.shows('done');
    expect(existsSync(join(home, 'pwned'))).toBe(false);
    terminal.type('exit\n');
    await terminal.ended();
  });
}

test('where no registry can be read, commands are completed and nothing is said', async () => {
  const home = temporaryFolder();
  const vports = runner(home, { env: { VPORTS_REGISTRY: join(home, 'nowhere') } });
  const names = await vports(['complete', '--', 'get', '']);
  expect(names).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect((await vports(['complete', '--', 'rena', ''])).status).toBe(0);
  expect((await vports(['complete', '--', 'ren'])).stdout).toMatch(/^renew\t/);
});

test('the help shows each command in its group, and none that is for programs', async () => {
  const vports = runner(temporaryFolder());
  const short = (await vports(['--help'])).stdout;
  expect(short).toMatch(/^ {2}run /m);
  expect(short).not.toMatch(/^ {2}(replay|schema|trust|renew|port|port-registry|complete) /m);
  const { stdout } = await vports(['help', '--all']);
  for (const title of ['EVERY DAY', 'TEAM', 'AUDIT', 'REPAIR', 'SCRIPTS'])
    expect(stdout).toContain(`\n${title}\n`);
  expect(stdout).not.toContain('OTHER');
  expect(stdout).not.toMatch(/^ {2}complete /m);
});
