import { cpSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistry } from '../../src/log/create/create.js';
import { openRepository } from '../../src/log/git/repository.js';
import { GitLog } from '../../src/log/git-log.js';
import { temporaryFolder } from './folders.js';

export const MAIN = 'refs/heads/main';

/** A new registry on disk, and its path. */
export async function newRegistry({ bare }: { bare: boolean }): Promise<string> {
  return placeRegistry(join(temporaryFolder(), bare ? 'ports.git' : 'ports'), { bare });
}

/** New registries that are copied, by kind. They are removed at the end of the run. */
const originals = new Map<boolean, Promise<string>>();

/** Puts a new registry at a path: one is made for all tests of a process, and this is a copy of it. Gives the path. */
export async function placeRegistry(path: string, { bare }: { bare: boolean }): Promise<string> {
  if (!originals.has(bare)) originals.set(bare, newOriginal(bare));
  cpSync(await originals.get(bare)!, path, { recursive: true });
  return path;
}

async function newOriginal(bare: boolean): Promise<string> {
  const path = join(mkdtempSync(join(process.env.VPORTS_TEST_CACHE!, 'original-')), 'ports');
  await createRegistry(path, { bare });
  return path;
}

export function openLog(path: string, ref = MAIN, base?: string): GitLog {
  return new GitLog(openRepository(path), ref, { base });
}
