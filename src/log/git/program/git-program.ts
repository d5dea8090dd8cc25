import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, parse } from 'node:path';
import { userConfig } from '../config.js';
import { openRepository, type Repository } from '../repository.js';
import { readingEnvironment } from './reading-place.js';

/** What `git rev-parse --local-env-vars` names: they would point git at another repository than the one meant. */
const LOCAL_VARIABLES = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_CONFIG',
  'GIT_CONFIG_PARAMETERS',
  'GIT_CONFIG_COUNT',
  'GIT_OBJECT_DIRECTORY',
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_GRAFT_FILE',
  'GIT_INDEX_FILE',
  'GIT_NO_REPLACE_OBJECTS',
  'GIT_REPLACE_REF_BASE',
  'GIT_PREFIX',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_COMMON_DIR',
  // Of the push that a hook is called for, and of the host that serves many repositories from one.
  'GIT_QUARANTINE_PATH',
  'GIT_NAMESPACE',
];

/**
 * A repository may come from anybody, its configuration with it, and git runs programs that configuration names. Nothing
 * that vports asks of git needs one, and an explicit GIT_DIR takes away git's own look at who owns the repository.
 */
export const NO_PROGRAMS = [
  'core.fsmonitor=false',
  'core.commitGraph=false',
  'core.hooksPath=/dev/null',
  'core.pager=cat',
  'core.sshCommand=false',
  'core.alternateRefsCommand=false',
  'log.showSignature=false',
  'gpg.program=false',
  'gpg.ssh.program=false',
  'gpg.x509.program=false',
].flatMap((setting) => ['-c', setting]);

export interface GitRun {
  commondir?: string | undefined;
  gitdir?: string | undefined;
  input?: string | Buffer | undefined;
  env?: Record<string, string> | undefined;
}

/** Whether a git program is on the PATH. It is an accelerator: everything local works without it. */
export function hasGit(): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, process.platform === 'win32' ? 'git.exe' : 'git'), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

/**
 * Starts git, in an environment without git's local variables. Undefined where the system refuses: node throws some of what
 * it says (a PATH that leads through a file, no descriptors left) and tells the rest by an `error` event.
 */
function startGit(
  args: string[],
  { env, ...options }: SpawnOptions & { stdio: NonNullable<SpawnOptions['stdio']> },
): ChildProcess | undefined {
  try {
    const child = spawn('git', args, {
      cwd: workingFolder(),
      ...options,
      env: { ...cleanEnvironment(), ...env },
    });
    // Where the system refuses, and has no descriptors left, node hands out a child without pipes.
    if (child.pid !== undefined || child.stdout) return child;
    child.once('error', () => undefined);
    return undefined;
  } catch {
    return undefined;
  }
}

/** git refuses to start in a folder that has been deleted. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return parse(process.execPath).root;
  }
}

/** The same to read the objects of a repository: from a place of our own, where nothing of that repository is obeyed. */
export function startReadingGit(
  commondir: string,
  args: string[],
  options: SpawnOptions & { stdio: NonNullable<SpawnOptions['stdio']> },
): ChildProcess | undefined {
  return startQuietGit(args, { ...options, env: { ...readingEnvironment(commondir), ...options.env } });
}

/** git that talks to nobody and starts nothing. */
export function startQuietGit(
  args: string[],
  options: SpawnOptions & { stdio: NonNullable<SpawnOptions['stdio']> },
): ChildProcess | undefined {
  return startGit([...NO_PROGRAMS, ...args], {
    ...options,
    env: { GIT_ALLOW_PROTOCOL: 'none', ...options.env },
  });
}

/** What git said, for work that may fail in ways to be told apart. `status` is null where git is not there or took too long. */
export interface GitAnswer {
  status: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs git and gives its standard output, or undefined where it failed or is not there: on the objects of a repository
 * (`commondir`), or in a git directory itself (`gitdir`) for what needs its index, refs or configuration.
 */
export async function git(args: string[], run: GitRun = {}): Promise<Buffer | undefined> {
  const { status, stdout } = await gitOrWhy(args, run);
  return status === 0 ? stdout : undefined;
}

/** The same with how it ended and what it said of it. */
export async function gitOrWhy(
  args: string[],
  { commondir, gitdir, input, env }: GitRun = {},
): Promise<{ status: number | null; stdout: Buffer; stderr: string }> {
  const none = { status: null, stdout: Buffer.alloc(0), stderr: 'git cannot be run' };
  return new Promise((resolve) => {
    const own = commondir !== undefined ? readingEnvironment(commondir) : gitdir && { GIT_DIR: gitdir };
    const child = startQuietGit(args, { env: { ...own, ...env }, stdio: 'pipe' });
    if (!child) return resolve(none);
    const chunks: Buffer[] = [];
    let stderr = '';
    child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = kept(stderr, chunk, LONGEST_STORY);
    });
    child.on('error', () => resolve(none));
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(chunks), stderr }));
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(input);
  });
}

/** Programs that only transport needs: everything else that a configuration could start stays off. */
const NO_OTHER_PROGRAMS = NO_PROGRAMS.filter(
  (it) => it !== '-c' && !it.startsWith('core.sshCommand'),
).flatMap((setting) => ['-c', setting]);
/** Refs of a remote are listed in the one, and what it says goes to the other. Characters. */
const [LONGEST_ANSWER, LONGEST_STORY] = [64 * 2 ** 20, 64 * 2 ** 10];
/** A remote that has said nothing for so long is given up, in milliseconds; git itself would wait for ever. */
const SILENCE = 300_000;

/** Runs git to talk to a remote, with the user's own ssh and credential helpers. */
export function gitTransport(args: string[], { gitdir, env }: GitRun = {}): Promise<GitAnswer> {
  return answerOf([...NO_OTHER_PROGRAMS, ...args], { ...(gitdir && { GIT_DIR: gitdir }), ...env });
}

/** Runs git in a work tree of the user's, where it changes index and files. */
export function gitIn(worktree: string, args: string[]): Promise<GitAnswer> {
  const env = { ...withoutPrograms(openRepository(worktree)), GIT_ALLOW_PROTOCOL: 'none' };
  return answerOf(['-C', worktree, ...NO_PROGRAMS, ...args], env);
}

/** Variables of git configuration that name a program which git runs on a file of a work tree. */
const ON_FILES =
  /^(filter\..+\.(clean|smudge|process|required)|diff\..+\.(command|textconv)|merge\..+\.driver)$/s;

/** Has git take these as the user has them, and not as the repository says. */
function withoutPrograms({ config, gitdir }: Repository): Record<string, string> {
  const named = config.matching(ON_FILES);
  if (named.length === 0) return {};
  const users = userConfig({ gitdir });
  const settings = named.flatMap(({ key }, index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, users.get(key) ?? (key.endsWith('.required') ? 'false' : '')],
  ]);
  return { ...Object.fromEntries(settings), GIT_CONFIG_COUNT: String(named.length) };
}

/**
 * Runs git in an environment as it is given, and gives what it said. It is ended once it has printed nothing for `silence`
 * milliseconds: what takes long is to be asked for its progress.
 */
export function answerOf(args: string[], env: NodeJS.ProcessEnv, silence = SILENCE): Promise<GitAnswer> {
  return new Promise((resolve) => {
    const child = startGit(args, {
      env: { GIT_ALLOW_PROTOCOL: 'file:http:https:ssh', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, as git's children go on holding its output when it alone is ended.
      detached: process.platform !== 'win32',
    });
    const interrupted = () => child && endGroup(child);
    process.once('exit', interrupted);
    // Not by spawn's own `timeout`: what never started does not clear it, and node waits for it to the end.
    let whyEnded = '';
    const patience = setTimeout(() => {
      whyEnded = `\nnothing was said for ${silence / 1_000} seconds`;
      if (child) endGroup(child);
    }, silence);
    const done = (answer: GitAnswer) => {
      clearTimeout(patience);
      process.removeListener('exit', interrupted);
      resolve(answer);
    };
    let [stdout, stderr] = ['', ''];
    if (!child) return done({ status: null, stdout, stderr: 'git cannot be run' });
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      patience.refresh();
      stdout = kept(stdout, chunk, LONGEST_ANSWER);
    });
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      patience.refresh();
      stderr = kept(stderr, chunk, LONGEST_STORY);
    });
    child.on('error', () => done({ status: null, stdout, stderr: 'git cannot be run' }));
    child.on('close', (status) => done({ status, stdout, stderr: withoutProgress(stderr) + whyEnded }));
  });
}

/** `Receiving objects:  45% (9/20), 1.2 MiB | 3 MiB/s`, `remote: Total 3 (delta 0), …`, `Enumerating objects: 5, done.` */
const PROGRESS =
  /^(remote: )?([A-Z][\w ]*: +(\d+% \(\d+\/\d+\)|\d+, done\.)|Total \d+ \(delta |Delta compression )/;

/** What git and the remote's git say of how far they are, each line over the one before. */
function withoutProgress(story: string): string {
  const lines = story.split('\n').map((line) => line.slice(line.lastIndexOf('\r', line.length - 2) + 1));
  return lines.filter((line) => !PROGRESS.test(line)).join('\n');
}

function endGroup(child: ChildProcess): void {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill();
    else process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

/** What a remote says is bounded: its first and last characters are kept. */
function kept(before: string, chunk: string, longest: number): string {
  const all = before + chunk;
  return all.length <= longest ? all : all.slice(0, longest / 2) + all.slice(-longest / 2);
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C' };
  for (const name of LOCAL_VARIABLES) delete env[name];
  return env;
}
