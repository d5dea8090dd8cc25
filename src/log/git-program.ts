import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

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
];

/**
 * A repository may come from anybody, its configuration with it, and git runs programs that configuration names. Nothing
 * that vports asks of git needs one, and an explicit GIT_DIR takes away git's own look at who owns the repository.
 */
export const NO_PROGRAMS = [
  'core.fsmonitor=false',
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
  gitdir?: string;
  input?: string | Buffer;
  env?: Record<string, string>;
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

/** Runs git on one repository and gives its standard output, or undefined where it failed or is not there. */
export async function git(args: string[], { gitdir, input, env }: GitRun = {}): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const child = spawn('git', [...NO_PROGRAMS, ...args], {
      env: {
        ...cleanEnvironment(),
        ...(gitdir && { GIT_DIR: gitdir }),
        GIT_ALLOW_PROTOCOL: 'file:https:ssh',
        ...env,
      },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks) : undefined));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

/** What git said, for work that may fail in ways to be told apart. `status` is null where git is not there or took too long. */
export interface GitAnswer {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Programs that only transport needs: everything else that a configuration could start stays off. */
const NO_OTHER_PROGRAMS = NO_PROGRAMS.filter(
  (it) => it !== '-c' && !it.startsWith('core.sshCommand'),
).flatMap((setting) => ['-c', setting]);
/** A remote that says nothing is given up, in milliseconds; git itself would wait for ever. */
const TRANSPORT_PATIENCE = 300_000;

/** Runs git to talk to a remote, with the user's own ssh and credential helpers. */
export function gitTransport(args: string[], { gitdir, env }: GitRun = {}): Promise<GitAnswer> {
  return answerOf([...NO_OTHER_PROGRAMS, ...args], { ...(gitdir && { GIT_DIR: gitdir }), ...env });
}

/** Runs git in a work tree of the user's, where it changes index and files. */
export function gitIn(worktree: string, args: string[]): Promise<GitAnswer> {
  return answerOf(['-C', worktree, ...NO_PROGRAMS, ...args], {});
}

function answerOf(args: string[], env: NodeJS.ProcessEnv): Promise<GitAnswer> {
  return new Promise((resolve) => {
    const child = spawn('git', args, {
      env: { ...cleanEnvironment(), GIT_ALLOW_PROTOCOL: 'file:http:https:ssh', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TRANSPORT_PATIENCE,
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', () => resolve({ status: null, stdout, stderr: 'git cannot be run' }));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

export function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C' };
  for (const name of LOCAL_VARIABLES) delete env[name];
  return env;
}
