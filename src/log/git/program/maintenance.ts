import { join } from 'node:path';
import { readdirSync } from '../../../world/files.js';
import type { Repository } from '../repository.js';
import { hasGit, startQuietGit } from './git-program.js';

/** As git's own `gc.auto` counts: of 256 folders one is looked at. */
const GATHERED = 27;

/**
 * Where many have gathered, lets git pack loose objects behind this command's back; nobody waits for it and nothing depends on it. Not by
 * `git maintenance` or `gc`: what those do is up to the repository's configuration, which may name programs to run.
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
