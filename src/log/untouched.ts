import { lstatSync } from 'node:fs';
import { gitIn } from './git-program.js';

/**
 * Those of these files that are as HEAD has them, in index and work tree, or are nowhere yet. Links are none: what they point
 * to is another file. Without git nothing can be told, and none is.
 */
export async function untouchedAmong(worktree: string, paths: string[]): Promise<Set<string>> {
  const clean = new Set<string>();
  for (const path of paths) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    const asked = ['--literal-pathspecs', 'status', '--porcelain', '-z', '--ignored', '--', path];
    const { status, stdout } = await gitIn(worktree, asked);
    if (status === 0 && stdout === '') clean.add(path);
  }
  return clean;
}
