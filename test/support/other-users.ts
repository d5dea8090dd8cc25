import { chmodSync, chownSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { callProgram } from './called-programs.js';
import { newFolder, removed } from './folders.js';
import { testWith } from './needs.js';
import { type Run, startCommand } from './program.js';

/** `test` where a process can become that of another user; else a skipped one. */
export const testAsRoot = process.getuid?.() === 0 ? testWith('setpriv') : (test.skip as typeof test);

interface User {
  uid: number;
  gid?: number;
  umask?: string;
}

/**
 * Runs the built program as another user, and only with the environment that is given. To be called where the file's tests are
 * told. The program is a copy that everybody may read: a checkout may be in a folder that only its owner may enter.
 */
export function programOfOthers({
  areProcesses = Boolean(process.env.VPORTS_TEST_PROCESSES),
} = {}): (user: User, args: string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) => Promise<Run> {
  let copy: string | undefined;
  afterAll(() => copy && removed(copy));
  return ({ uid, gid = uid, umask = '022' }, args, options) => {
    copy ??= copiedProgram();
    const { cwd, env } = { ...options, env: { PATH: process.env.PATH, ...options.env } };
    if (!areProcesses) return callProgram(args, { cwd, env, user: { uid, gid, umask, folder: copy } });
    const identity = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    const program = [process.execPath, join(copy, 'dist/vports.cjs'), ...args];
    return startCommand('setpriv', [...identity, 'sh', '-c', `umask ${umask}; exec "$@"`, 'sh', ...program], {
      cwd,
      env,
    });
  };
}

function copiedProgram(): string {
  const copy = newFolder();
  for (const part of ['dist', 'registry-repo', 'package.json', 'oclif.manifest.json', 'test/support'])
    cpSync(part, join(copy, part), { recursive: true });
  chmodSync(copy, 0o755);
  return copy;
}

/** A home folder of another user's own. */
export function homeOf({ uid, gid = uid }: User, path: string): string {
  mkdirSync(path, { recursive: true });
  chownSync(path, uid, gid);
  return path;
}
