import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { ANSWERS, failure } from '../../src/schema/index.js';
import { callProgram } from './called-programs.js';

const PROGRAM = resolve('dist/vports.cjs');

export interface Run {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  input?: string;
  nodeArgs?: string[];
  /** Whether it has to be a process of its own: the test is about one. */
  isProcess?: boolean;
}

/** They start programs, and are ended with them, or serve until their input ends. */
const ARE_PROCESSES = ['run', 'exec', 'kill', 'mcp'];
/** Variables that node, or the loader of its program, reads as a process starts. */
const READ_AT_START = /^(NODE_(?!TLS_)|LD_|TZ$)/;

/**
 * Runs the built program to its end. `home` is where it finds its data folder and git's configuration. Where a process is not the
 * point, one that has loaded the program already is called: that takes a third of the time. With VPORTS_TEST_PROCESSES=1 each run
 * is a process of its own.
 */
export function runner(
  home: string,
  defaults: RunOptions = {},
): (args: string[], options?: RunOptions) => Promise<Run> {
  return async (args, options = {}) => {
    const { cwd = home, input, nodeArgs, isProcess } = { ...defaults, ...options };
    const env = cleanEnv({
      HOME: home,
      XDG_CACHE_HOME: process.env.VPORTS_TEST_CACHE,
      GIT_AUTHOR_NAME: 'Ada Lovelace',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_CONFIG_NOSYSTEM: '1',
      ...defaults.env,
      ...options.env,
    });
    const mustStart =
      isProcess ||
      process.env.VPORTS_TEST_PROCESSES ||
      input !== undefined ||
      nodeArgs !== undefined ||
      ARE_PROCESSES.includes(args[0] ?? '') ||
      Object.keys(env).some((name) => READ_AT_START.test(name));
    const run = mustStart
      ? await startCommand(process.execPath, [...(nodeArgs ?? []), PROGRAM, ...args], { cwd, env, input })
      : await callProgram(args, { cwd, env });
    requireSchema(args, run);
    return run;
  };
}

/** Runs a program to its end. */
export function startCommand(
  command: string,
  args: string[],
  { cwd, env, input }: { cwd: string; env: NodeJS.ProcessEnv; input?: string | undefined },
): Promise<Run> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', fail);
    child.on('close', (status, signal) =>
      done({ status, signal, stdout: stdout.trimEnd(), stderr: stderr.trimEnd() }),
    );
    child.stdin.end(input);
  });
}
/** Every answer under `--json` is what `vports schema` says of it. */
function requireSchema(args: string[], { status, stdout }: Run): void {
  const own = args.slice(0, args.includes('--') ? args.indexOf('--') : undefined);
  if (!own.includes('--json') || status === null || stdout === '') return;
  const words = own.filter((it) => !it.startsWith('-'));
  const names = [words.slice(0, 2).join(' '), words[0] ?? ''];
  const name = names.find((it): it is keyof typeof ANSWERS => Object.hasOwn(ANSWERS, it));
  const value: unknown = JSON.parse(stdout);
  const isFailure = typeof value === 'object' && value !== null && 'error' in value;
  const schema = isFailure ? failure : name && ANSWERS[name];
  const parsed = schema?.safeParse(value);
  if (parsed?.success === false)
    throw new Error(
      `vports ${args.join(' ')}: ${JSON.stringify(parsed.error.issues[0])} in ${stdout.slice(0, 2_000)}`,
    );
}

function cleanEnv(own: Record<string, string | undefined>): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, ...own };
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete env[name];
  return env;
}
