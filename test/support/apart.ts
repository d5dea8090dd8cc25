import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folders.js';
import { git } from './git.js';

/**
 * A branch that came about on another machine, which knew nothing of what happens here meanwhile: made in a copy, and
 * fetched when it is done.
 */
export async function branchApart(
  path: string,
  branch: string,
  work: (copy: string) => Promise<void>,
): Promise<() => void> {
  const copy = join(temporaryFolder(), 'copy');
  cpSync(path, copy, { recursive: true });
  git(copy, 'switch', '-qC', branch);
  await work(copy);
  return () => void git(path, 'fetch', '-q', copy, `+${branch}:${branch}`);
}
