import { join } from 'node:path';
import { unlessSystemRefuses } from '../../attempt.js';
import { VportsError } from '../../errors.js';
import { lstatSync, readdirSync } from '../../world/files.js';
import type { Repository } from './repository.js';

/** The folders of a git directory that git and vports write to, with the depth to check. */
const WRITTEN: [folder: string, depth: number][] = [
  ['objects', 1],
  ['refs', 16],
  ['logs', 16],
  ['vports', 16],
  ['worktrees', 1],
];

/**
 * Throws UNSUPPORTED_REPOSITORY if a write would pass through a symbolic link. `git-new-workdir` and `repo` link refs and objects to
 * another repository, and a hostile repository may link its reflog to a file of the user's: git and vports would follow.
 */
export function refuseLinkedFolders({ gitdir, commondir }: Repository): void {
  for (const place of new Set([commondir, gitdir]))
    for (const [name, depth] of WRITTEN) {
      const found = linkAt(join(place, name), depth);
      if (found !== undefined) throw linked(found);
    }
}

function linkAt(folder: string, depth: number): string | undefined {
  const it = lstatSync(folder, { throwIfNoEntry: false });
  if (it?.isSymbolicLink()) return folder;
  return it?.isDirectory() ? linkIn(folder, depth) : undefined;
}

function linkIn(folder: string, depth: number): string | undefined {
  // Just removed, or unreadable: then nothing is written there either.
  const entries = unlessSystemRefuses(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) return path;
    const found = depth > 1 && entry.isDirectory() ? linkIn(path, depth - 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function linked(path: string): VportsError {
  return new VportsError(
    'UNSUPPORTED_REPOSITORY',
    `${path} is a symbolic link; vports does not write through links`,
    {
      hint: 'use the repository that it leads to, or replace the link by its target; reading works',
      details: { path },
    },
  );
}
