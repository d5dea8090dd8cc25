import { join } from 'node:path';
import { readdirSync } from '../../../world/files.js';
import type { Repository } from '../repository.js';
import { hasGit, startQuietGit } from './git-program.js';

/** As git's own `gc.auto` counts: of 256 folders one is looked at. */
const GATHERED = 27;

/**
 * Lets git pack loose objects in the background, where many have gathered. Not by `git maintenance` or `gc`: these depend on the repository's configuration,
 * which may name programs to run.
 */
export async function packGathered(repository: Repository): Promise<void> {
  const sample = join(repository.commondir, 'objects', '17');
  if (!hasGit() || readdirSync(sample).length < GATHERED) return;
  const child = startQuietGit(['repack', '-d', '-l', '-q'], {
    env: { GIT_DIR: repository.commondir },
    stdio: 'ignore',
    detached: true,
  });
  child?.on('error', () => undefined);
  child?.unref();
}
