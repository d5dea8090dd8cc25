import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, parse } from 'node:path';
import { attempt, succeeds } from '../../../attempt.js';
import { userConfig } from '../config.js';
import { openRepository, type Repository } from '../repository.js';
import { readingEnvironment } from './reading-place.js';

/** From `git rev-parse --local-env-vars`: these would point git to another repository. */
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
  // Set during a push that runs a hook, and on hosts that serve many repositories from one.
  'GIT_QUARANTINE_PATH',
  'GIT_NAMESPACE',
];

/**
 * A repository and its configuration may come from anybody, and git runs programs that the configuration names. vports needs none of
 * them, and an explicit GIT_DIR disables git's own check of the repository's owner.
 */
const SETTINGS = [
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
];

/** git options without any of these programs, but for those whose settings start with one of `kept`. */
export function noProgramsBut(...kept: string[]): string[] {
  const refused = SETTINGS.filter((it) => !kept.some((prefix) => it.startsWith(prefix)));
  return refused.flatMap((setting) => ['-c', setting]);
}

const NO_PROGRAMS = noProgramsBut();

export interface GitRun {
  commondir?: string | undefined;
  gitdir?: string | undefined;
  input?: string | Buffer | undefined;
  env?: Record<string, string> | undefined;
  /** Milliseconds without output after which git is ended. */
  silence?: number | undefined;
}

/** Whether git is on the PATH. It only accelerates: everything local works without it. */
export function hasGit(): boolean {
  const name = process.platform === 'win32' ? 'git.exe' : 'git';
  const folders = (process.env.PATH ?? '').split(delimiter).filter((it) => it !== '');
  return folders.some((it) => succeeds(() => accessSync(join(it, name), constants.X_OK)));
}

/**
 * Starts git without its local environment variables. Undefined if the system refuses: node throws some errors (a PATH through a file,
 * no descriptors left) and reports the others by an `error` event.
 */
function startGit(
  args: string[],
  { env, ...options }: SpawnOptions & { stdio: NonNullable<SpawnOptions['stdio']> },
): ChildProcess | undefined {
  // git does not start in a deleted folder.
  const cwd = attempt(() => process.cwd()) ?? parse(process.execPath).root;
  const child = attempt(() =>
    spawn('git', args, { cwd, ...options, env: { ...cleanEnvironment(), ...env } }),
  );
  // Without descriptors node may return a child without pipes.
  if (!child || child.pid !== undefined || child.stdout) return child;
  child.once('error', () => undefined);
  return undefined;
}

/** Starts git to read objects, from a place of our own where the repository's configuration has no effect. */
export function startReadingGit(
  commondir: string,
  args: string[],
  options: SpawnOptions & { stdio: NonNullable<SpawnOptions['stdio']> },
): ChildProcess | undefined {
  return startQuietGit(args, { ...options, env: { ...readingEnvironment(commondir), ...options.env } });
}

/** Starts git without network and without other programs. */
export function startQuietGit(
  args: string[],
  options: SpawnOptions & { stdio: NonNullable<SpawnOptions['stdio']> },
): ChildProcess | undefined {
  return startGit([...NO_PROGRAMS, ...args], {
    ...options,
    env: { GIT_ALLOW_PROTOCOL: 'none', ...options.env },
  });
}

/** git's result, for work that may fail in several ways. `status` is null if git is missing or took too long. */
export interface GitAnswer {
  status: number | null;
  stdout: string;
  stderr: string;
}

/**
 * The output of git, or undefined if it failed or is missing: on the objects of a repository (`commondir`), or in a git directory
 * (`gitdir`) if it needs index, refs or configuration.
 */
export async function git(args: string[], run: GitRun = {}): Promise<Buffer | undefined> {
  const { status, stdout } = await gitOrWhy(args, run);
  return status === 0 ? stdout : undefined;
}

export async function gitOrWhy(
  args: string[],
  { commondir, gitdir, input, env }: GitRun = {},
): Promise<{ status: number | null; stdout: Buffer; stderr: string }> {
  const none = { status: null, stdout: Buffer.alloc(0), stderr: 'git could not be started' };
  return new Promise((resolve) => {
    const own = commondir !== undefined ? readingEnvironment(commondir) : gitdir && { GIT_DIR: gitdir };
    const child = startQuietGit(args, { env: { ...own, ...env }, stdio: 'pipe' });
    if (!child) return resolve(none);
    const chunks: Buffer[] = [];
    let stderr = '';
    child.stdout!.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = kept(stderr, chunk, LONGEST_STDERR);
    });
    child.on('error', () => resolve(none));
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(chunks), stderr }));
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(input);
  });
}

/** Transport needs ssh and credential helpers: all other programs stay disabled. */
const NO_OTHER_PROGRAMS = noProgramsBut('core.sshCommand');
/** Characters of stdout, which lists the remote's refs, and of stderr. */
const [LONGEST_STDOUT, LONGEST_STDERR] = [64 * 2 ** 20, 64 * 2 ** 10];
/** Milliseconds without output after which a remote is given up; git itself would wait for ever. */
const SILENCE = 300_000;

/** Runs git to talk to a remote, with the user's ssh and credential helpers. */
export function gitTransport(
  args: string[],
  { gitdir, env, input, silence }: Omit<GitRun, 'commondir'> = {},
): Promise<GitAnswer> {
  const place = gitdir && { GIT_DIR: gitdir };
  return answerOf([...NO_OTHER_PROGRAMS, ...args], { ...place, ...env }, { silence, input });
}

/** Runs git in a work tree of the user's, where it changes index and files. */
export function gitIn(worktree: string, args: string[]): Promise<GitAnswer> {
  const env = { ...withoutPrograms(openRepository(worktree)), GIT_ALLOW_PROTOCOL: 'none' };
  return answerOf(['-C', worktree, ...NO_PROGRAMS, ...args], env);
}

/** Variables of git's configuration that name programs to run on files of a work tree. */
const ON_FILES =
  /^(filter\..+\.(clean|smudge|process|required)|diff\..+\.(command|textconv)|merge\..+\.driver)$/s;

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

/** Runs git in the given environment. Ends it after `silence` milliseconds without output: long work has to report progress. */
export function answerOf(
  args: string[],
  env: NodeJS.ProcessEnv,
  { silence = SILENCE, input }: Pick<GitRun, 'silence' | 'input'> = {},
): Promise<GitAnswer> {
  return new Promise((resolve) => {
    const child = startGit(args, {
      env: { GIT_ALLOW_PROTOCOL: 'file:http:https:ssh', ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A process group, as git's children would keep its output open when only git is ended.
      detached: process.platform !== 'win32',
    });
    const interrupted = () => child && endGroup(child);
    process.once('exit', interrupted);
    // spawn's own `timeout` is not cleared for a process that never started, and node would wait for it.
    let whyEnded = '';
    const patience = setTimeout(() => {
      whyEnded = `\nno output for ${silence / 1_000} seconds`;
      if (child) endGroup(child);
    }, silence);
    const done = (answer: GitAnswer) => {
      clearTimeout(patience);
      process.removeListener('exit', interrupted);
      resolve(answer);
    };
    let [stdout, stderr] = ['', ''];
    if (!child) return done({ status: null, stdout, stderr: 'git could not be started' });
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      patience.refresh();
      stdout = kept(stdout, chunk, LONGEST_STDOUT);
    });
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      patience.refresh();
      stderr = kept(stderr, chunk, LONGEST_STDERR);
    });
    child.stdin?.on('error', () => undefined).end(input);
    child.on('error', () => done({ status: null, stdout, stderr: 'git could not be started' }));
    child.on('close', (status) => done({ status, stdout, stderr: withoutProgress(stderr) + whyEnded }));
  });
}

/** `Receiving objects:  45% (9/20), 1.2 MiB | 3 MiB/s`, `remote: Total 3 (delta 0), …`, `Enumerating objects: 5, done.` */
const PROGRESS =
  /^(remote: )?([A-Z][\w ]*: +(\d+% \(\d+\/\d+\)|\d+, done\.)|Total \d+ \(delta |Delta compression )/;

/** Removes progress of git and the remote's git, whose lines overwrite each other. */
function withoutProgress(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.slice(line.lastIndexOf('\r', line.length - 2) + 1));
  return lines.filter((line) => !PROGRESS.test(line)).join('\n');
}

function endGroup(child: ChildProcess): void {
  try {
    if (process.platform === 'win32' || child.pid === undefined) child.kill();
    else process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It has already ended.
  }
}

/** Bounds what a remote says, keeping its start and end. */
function kept(before: string, chunk: string, longest: number): string {
  const all = before + chunk;
  return all.length <= longest ? all : all.slice(0, longest / 2) + all.slice(-longest / 2);
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C' };
  for (const name of LOCAL_VARIABLES) delete env[name];
  return env;
}
