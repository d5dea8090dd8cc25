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

export function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, LC_ALL: 'C' };
  for (const name of LOCAL_VARIABLES) delete env[name];
  return env;
}
