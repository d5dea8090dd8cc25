import type { Repository } from '../repository.js';
import { hasGit, startQuietGit } from './git-program.js';

/**
 * Lets git pack loose objects in the background. Not by `git maintenance` or `gc`: these depend on the repository's configuration,
 * which may name programs to run.
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
