import { spawn } from 'node:child_process';
import { cleanEnvironment, hasGit } from './git-program.js';
import type { Repository } from './repository.js';

/** Lets git pack loose objects behind this command's back; nobody waits for it and nothing depends on it. */
export function startMaintenance(repository: Repository): void {
  if (!hasGit()) return;
  const child = spawn('git', ['maintenance', 'run', '--auto', '--quiet'], {
    env: { ...cleanEnvironment(), GIT_DIR: repository.commondir },
    stdio: 'ignore',
    detached: true,
  });
  child.on('error', () => undefined);
  child.unref();
}
