import { join } from 'node:path';
import { createRegistry } from '../../src/log/create/create.js';
import { openRepository } from '../../src/log/git/repository.js';
import { GitLog } from '../../src/log/git-log.js';
import { temporaryFolder } from './folders.js';

export const MAIN = 'refs/heads/main';

/** A new registry on disk, and its path. */
export async function newRegistry({ bare }: { bare: boolean }): Promise<string> {
  const path = join(temporaryFolder(), bare ? 'ports.git' : 'ports');
  await createRegistry(path, { bare });
  return path;
}

export function openLog(path: string, ref = MAIN, base?: string): GitLog {
  return new GitLog(openRepository(path), ref, { base });
}
