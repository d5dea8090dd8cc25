import type { Repository } from '../repository.js';
import { hasGit, startQuietGit } from './git-program.js';

/**
 * Lets git pack loose objects behind this command's back; nobody waits for it and nothing depends on it. Not by
 * `git maintenance` or `gc`: what those do is up to the repository's configuration, which may name programs to run.
 */
export function startMaintenance(repository: Repository): void {
  if (!hasGit()) return;
  const child = startQuietGit(['repack', '-d', '-l', '-q'], {
    env: { GIT_DIR: repository.commondir },
    stdio: 'ignore',
    detached: true,
  });
  child?.on('error', () => undefined);
  child?.unref();
}
