import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from './folders.js';

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
 * its own where that can be had, so that the document's ports are free. Gives what each printed.
 */
export function play(steps: Step[]): string[] {
  const home = temporaryFolder();
  const bin = join(home, '.bin');
  mkdirSync(bin);
  const program = `exec '${process.execPath}' '${resolve('dist/vports.cjs')}' "$@"\n`;
  writeFileSync(join(bin, 'vports'), `#!/bin/sh\n${program}`, { mode: 0o755 });
  const script = join(bin, 'steps');
  writeFileSync(
    script,
    [
      'exec 2>&1',
      ...steps.map(({ command }) => `${command}\n${ready(command)}echo '${MARK}'`),
      'kill $(jobs -p) 2>/dev/null',
      'exit 0',
    ].join('\n'),
  );
  const alone = process.getuid?.() === 0 ? ['unshare', '--net'] : [];
  const [command = 'bash', ...args] = [...alone, 'bash', script];
  const output = execFileSync(command, args, {
    cwd: home,
    encoding: 'utf8',
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
  return output.split(`${MARK}\n`).map((it) =>
    asAda(it, home)
      .replace(/[ \t]+$/gm, '')
      .trimEnd(),
  );
}

/** Waits until a server that was started in the background listens. */
function ready(command: string): string {
  const port = /listen\((\d+)\).*&$/.exec(command)?.[1];
  if (port === undefined) return '';
  const local = `:${Number(port).toString(16).toUpperCase()} `;
  return `until grep -q '${local}' /proc/net/tcp /proc/net/tcp6; do sleep 0.05; done\n`;
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
