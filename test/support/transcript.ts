import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { shortFolder } from './folders.js';
import { findProgram } from './programs.mjs';

interface Step {
  command: string;
  output: string;
}

const BLOCK = /```console\n([\s\S]*?)```/g;
const MARK = '===step===';

/** The commands that a document shows in its `console` blocks, each with the output that it shows. */
export function stepsOf(markdown: string): Step[] {
  return [...markdown.matchAll(BLOCK)].flatMap((block) => stepsIn(block[1]!));
}

function stepsIn(text: string): Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [, command = '', output = ''] = /^((?:.*\\\n)*.*)\n?([\s\S]*)$/.exec(step)!;
      return { command, output: output.trimEnd() };
    });
}

/**
 * Runs the steps one after the other in one shell, in an empty home, with the built program on the PATH; on a network of
 * its own where that can be had, so that the document's ports are free. The home has the packages that this repository has
 * installed, where the projects below it find them: nothing can be installed there. Gives what each printed.
 */
export function play(steps: Step[]): string[] {
  const home = shortFolder();
  const bin = join(home, '.bin');
  mkdirSync(bin);
  const program = `exec '${process.execPath}' '${resolve('dist/vports.cjs')}' "$@"\n`;
  writeFileSync(join(bin, 'vports'), `#!/bin/sh\n${program}`, { mode: 0o755 });
  symlinkSync(resolve('node_modules'), join(home, 'node_modules'));
  const [script, printed] = [join(bin, 'steps'), join(bin, 'printed')];
  writeFileSync(
    script,
    [
      `exec >'${printed}' 2>&1`,
      ...steps.map(({ command }) => `${command}\n${ready(command, printed)}echo '${MARK}'`),
      "trap '' TERM",
      'kill 0',
      'wait',
      'exit 0',
    ].join('\n'),
  );
  // A process group of its own, to be ended as a whole: npm does not end what its scripts have started.
  const group = ['-c', 'set -m; "$@" & wait $!', 'bash'];
  const alone = ['unshare', '--net', 'sh', '-c', 'ip link set lo up; exec "$@"', 'sh'];
  const shell = [
    ...(process.getuid?.() === 0 && findProgram('unshare') && findProgram('ip') ? alone : []),
    'bash',
    script,
  ];
  execFileSync('bash', [...group, ...shell], {
    cwd: home,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      HOME: home,
      ...(process.env.VPORTS_TEST_CACHE && { XDG_CACHE_HOME: process.env.VPORTS_TEST_CACHE }),
      LC_ALL: 'C.UTF-8',
      GIT_AUTHOR_NAME: 'Ada Lovelace',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_COMMITTER_NAME: 'Ada Lovelace',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      GIT_CONFIG_NOSYSTEM: '1',
    },
  });
  return readFileSync(printed, 'utf8')
    .split(`${MARK}\n`)
    .map((it) =>
      asAda(it, home)
        // What a machine's kernel gives to outgoing connections is its own affair.
        .replace(/^warning: \d+\/tcp is within the ephemeral range .*\n {2}.*\n?/gm, '')
        .replace(/[ \t]+$/gm, '')
        .trimEnd(),
    );
}

/** Waits until what was started in the background listens, or has ended: by its port, or by what vports has printed of it. */
function ready(command: string, printed: string): string {
  if (!command.endsWith('&')) return '';
  const port = /listen\((\d+)\)/.exec(command)?.[1];
  const listens =
    port === undefined
      ? `tail -n 1 '${printed}' | grep -qE '^https?://|/(tcp|udp) is bound by '`
      : `grep -q ':${Number(port).toString(16).toUpperCase()} ' /proc/net/tcp /proc/net/tcp6`;
  return `for _ in {1..1000}; do if ${listens} || ! kill -0 $! 2>/dev/null; then break; fi; sleep 0.05; done\n`;
}

/** What differs from run to run, taken out of both sides. */
export function steady(output: string): string {
  return output
    .replace(/[ \t]+$/gm, '')
    .replace(/\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4} [+-]\d{4}/g, '<time>')
    .replace(/\b[0-9a-f]{40}\b/g, '<oid>')
    .replace(/\b[0-9a-f]{10}\b|^[0-9a-f]{7,9}\b/gm, '<oid>')
    .replace(/-[0-9a-f]{12}\.git\b/g, '-<url>.git')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/\d{4}-\d\d-\d\d( \d\d:\d\dZ)?/g, '<time>')
    .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, '<id>')
    .replace(/\b(pid|process) \d+/g, '$1 <pid>')
    .replace(/\b4[0-9]{4}\b/g, '<dynamic>');
}

/** With `UPDATE_TRANSCRIPTS` set, the document is given the output of this run. */
export function update(path: string, outputs: string[]): void {
  let at = 0;
  const text = readFileSync(path, 'utf8').replace(BLOCK, (_, block: string) => {
    const steps = stepsIn(block).map(({ command }) => {
      const output = outputs[at++];
      return `$ ${command}\n${output ? `${output}\n` : ''}`;
    });
    return `\`\`\`console\n${steps.join('\n')}\`\`\``;
  });
  writeFileSync(path, text);
}

function asAda(output: string, home: string): string {
  const user = process.env.USER || 'root';
  return output
    .replaceAll(home, '/home/ada')
    .replaceAll(home.replace(/[^A-Za-z0-9.-]+/g, '-').slice(1), 'home-ada')
    .replace(/\S*\/(python3|node)\b/g, '$1')
    .replace(new RegExp(`(pid \\d+), ${user}\\)`, 'g'), '$1, ada)');
}
