import { dirname, join, sep } from 'node:path';
import { EVENTS } from '../../../events/event-path.js';
import { attempt } from '../../attempt.js';
import { trustedRepositories } from '../../files/trusted-repositories.js';
import { lstatSync, realpathSync } from '../../world/files.js';
import type { Objects } from '../git/objects.js';
import { gitDirectoryAbove, pointsTo, type Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import type { Checkout } from '../git/worktrees.js';
import type { CommittedFile, Journal, Version } from './journal.js';

/**
 * Whether a journal's work tree really belongs to this repository. A repository from elsewhere may contain any configuration and
 * journal: its word about its work tree counts only if vports created it or the user trusts it, if the git directory is `.git` of
 * that folder, or if the folder's `.git` file and git's own records (a linked work tree, a submodule) name each other.
 */
export function ownsWorkTree(repository: Repository, { worktree, gitdir }: Checkout): boolean {
  const dotGit = join(worktree, '.git');
  const found = lstatSync(dotGit, { throwIfNoEntry: false });
  if (found?.isDirectory() && real(dotGit) === real(gitdir)) return true;
  const trusted = new Set(trustedRepositories());
  if ([worktree, repository.commondir].some((it) => trusted.has(real(it)))) return true;
  if (!pointsTo(dotGit, gitdir)) return false;
  // The listing of work trees has already checked that it names the folder.
  if (dirname(real(gitdir)) === join(real(repository.commondir), 'worktrees')) return true;
  const above = gitDirectoryAbove(dirname(worktree));
  return above !== undefined && real(gitdir).startsWith(join(real(above), 'modules') + sep);
}

/**
 * Why a journal is not one of a vports command; undefined if it is. Files become what the commit has. If the user has changes in
 * one, they stay: every word of the result is the user's or the commit's.
 */
export async function faultIn(
  { prefix }: Repository,
  objects: Objects,
  { old, next, files }: Journal,
): Promise<string | undefined> {
  const [before, after] = [
    old && (await objects.readCommit(old)).tree,
    (await objects.readCommit(next)).tree,
  ];
  const blobAt = async (tree: string | undefined, path: string) => {
    const found = tree && (await objects.anyAt(tree, path));
    return found && [FILE, '100755'].includes(found.mode) ? found.oid : undefined;
  };
  for (const file of files) {
    const isAsCommitted =
      (await blobAt(after, file.path)) === file.after && (await blobAt(before, file.path)) === file.before;
    if (!isAsCommitted) return `disagrees with its commits about ${file.path}`;
    for (const users of [file.index, file.worktree]) {
      if (!users) continue;
      const isEvent = file.path.startsWith(`${prefix}${EVENTS}/`);
      if (isEvent || !(await isSameEdit(objects, file, users)))
        return `changes more of ${file.path} than its commit`;
    }
  }
  return undefined;
}

async function isSameEdit(objects: Objects, committed: CommittedFile, users: Version): Promise<boolean> {
  const words = async (oid: string | undefined) =>
    new Set(
      oid === undefined ? [] : (await objects.read(oid)).content.toString('latin1').match(/\d+|[a-z]+|\S/gi),
    );
  const [theirs, ours] = [await words(users.before), await words(committed.after)];
  const [becomes, was] = [await words(users.after), await words(committed.before)];
  return (
    [...becomes].every((it) => theirs.has(it) || ours.has(it)) &&
    [...theirs].every((it) => becomes.has(it) || was.has(it))
  );
}

function real(path: string): string {
  return attempt(() => realpathSync(path)) ?? path;
}
