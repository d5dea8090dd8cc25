import { dirname, join, resolve } from 'node:path';
import { VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import type { LinkedWorkTree } from '../../files/work-tree.js';
import { existsSync, readdirSync, realpathSync } from '../../world/files.js';
import { repositoryConfig } from './config.js';
import { headRef } from './head.js';
import { mainWorktree, pointsTo, type Repository } from './repository.js';

/** A place where a branch is checked out. */
export interface Checkout {
  worktree: string;
  /** The folder with this worktree's HEAD and index. */
  gitdir: string;
}

/** What git leaves in the git directory while it is in the middle of something. */
const UNDER_WAY = [
  ['MERGE_HEAD', 'a merge'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
] as const;

/** The worktree that has a branch checked out, the main one or a linked one; undefined where none has. */
export function checkoutOf(repository: Repository, ref: string): Checkout | undefined {
  return checkouts(repository).find(({ gitdir }) => headRef(gitdir) === ref);
}

/**
 * Whether a linked work tree stands in for the main one, which a bare repository has not: it has the default branch checked out,
 * or is in the middle of rebasing that.
 */
export function standsForMain({ git, commondir }: LinkedWorkTree): boolean {
  if (!repositoryConfig(commondir, { gitdir: commondir }).flag('core.bare')) return false;
  const rebased = ['rebase-merge', 'rebase-apply']
    .map((it) => join(git, it, 'head-name'))
    .find((it) => existsSync(it));
  const branch = rebased === undefined ? headRef(git) : readRegularText(rebased).trim();
  return branch !== undefined && branch === headRef(commondir);
}

/** Throws CONFLICT while a merge, rebase or the like is under way in a worktree. */
export function refuseUnderWay({ worktree, gitdir }: Checkout): void {
  const found = UNDER_WAY.find(([file]) => existsSync(join(gitdir, file)));
  if (!found) return;
  throw new VportsError('CONFLICT', `${found[1]} is under way in ${worktree}`, {
    hint: 'finish or abort it with git, then try again',
    details: { worktree },
  });
}

/**
 * Every worktree of a repository, the main one first. A linked one whose folder has gone, or does not name the repository, is none,
 * though git still lists it. Throws UNSUPPORTED_REPOSITORY where the main one cannot be found.
 */
export function checkouts(repository: Repository): Checkout[] {
  const { gitdir: own, commondir, worktree } = repository;
  const linked = join(commondir, 'worktrees');
  const names = existsSync(linked) ? readdirSync(linked) : [];
  const found = names.flatMap((name) => {
    const gitdir = join(linked, name);
    const pointer = join(gitdir, 'gitdir');
    const dotGit = existsSync(pointer) ? resolve(gitdir, readRegularText(pointer).trim()) : undefined;
    // Both have to name each other: only one of the two came with the repository.
    return dotGit && pointsTo(dotGit, gitdir) ? [{ worktree: realpathSync(dirname(dotGit)), gitdir }] : [];
  });
  const main = own === commondir ? worktree : mainWorktree(commondir);
  return main ? [{ worktree: main, gitdir: commondir }, ...found] : found;
}
