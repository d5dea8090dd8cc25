import { dirname, join, resolve } from 'node:path';
import { VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import type { LinkedWorkTree } from '../../files/work-tree.js';
import { existsSync, readdirSync, realpathSync } from '../../world/files.js';
import { repositoryConfig } from './config.js';
import { headRef } from './head.js';
import { mainWorktree, pointsTo, type Repository } from './repository.js';

export interface Checkout {
  worktree: string;
  gitdir: string;
}

/** Files that git leaves in the git directory during unfinished operations. */
const UNDER_WAY = [
  ['MERGE_HEAD', 'a merge'],
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick'],
  ['REVERT_HEAD', 'a revert'],
] as const;

/** The main or linked work tree that has a branch checked out; undefined if none has. */
export function checkoutOf(repository: Repository, ref: string): Checkout | undefined {
  return checkouts(repository).find(({ gitdir }) => headRef(gitdir) === ref);
}

/** Whether a linked work tree serves as main one of a bare repository: it has the default branch checked out, or is rebasing it. */
export function standsForMain({ git, commondir }: LinkedWorkTree): boolean {
  if (!repositoryConfig(commondir, { gitdir: commondir }).flag('core.bare')) return false;
  const rebased = ['rebase-merge', 'rebase-apply']
    .map((it) => join(git, it, 'head-name'))
    .find((it) => existsSync(it));
  const branch = rebased === undefined ? headRef(git) : readRegularText(rebased).trim();
  return branch !== undefined && branch === headRef(commondir);
}

/** Throws CONFLICT during a merge, rebase or the like in a work tree. */
export function refuseUnderWay({ worktree, gitdir }: Checkout): void {
  const found = UNDER_WAY.find(([file]) => existsSync(join(gitdir, file)));
  if (!found) return;
  throw new VportsError('CONFLICT', `${found[1]} is in progress in ${worktree}`, {
    hint: 'finish or abort it with git, then try again',
    details: { worktree },
  });
}

/**
 * Every work tree of a repository, the main one first. Leaves out linked ones whose folder is gone or does not point back, though git
 * lists them. Throws UNSUPPORTED_REPOSITORY if the main one is unknown.
 */
export function checkouts(repository: Repository): Checkout[] {
  const { gitdir: own, commondir, worktree } = repository;
  const linked = join(commondir, 'worktrees');
  const names = existsSync(linked) ? readdirSync(linked) : [];
  const found = names.flatMap((name) => {
    const gitdir = join(linked, name);
    const pointer = join(gitdir, 'gitdir');
    const dotGit = existsSync(pointer) ? resolve(gitdir, readRegularText(pointer).trim()) : undefined;
    // Both have to point to each other: a hostile repository contains only one of the two.
    return dotGit && pointsTo(dotGit, gitdir) ? [{ worktree: realpathSync(dirname(dotGit)), gitdir }] : [];
  });
  const main = own === commondir ? worktree : mainWorktree(commondir);
  return main ? [{ worktree: main, gitdir: commondir }, ...found] : found;
}
