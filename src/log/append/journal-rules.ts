import { dirname, join, sep } from 'node:path';
import { EVENTS } from '../../../events/event-path.js';
import { trustedRepositories } from '../../files/trusted-repositories.js';
import { lstatSync, realpathSync } from '../../world/files.js';
import type { Objects } from '../git/objects.js';
import { gitDirectoryAbove, pointsTo, type Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import type { Checkout } from '../git/worktrees.js';
import type { CommittedFile, Journal, Version } from './journal.js';

/**
 * Whether the place where a journal has files written is one that somebody besides the repository names. A repository may come from
 * anybody, with a configuration and a journal in it: what it says about where it is checked out counts only where vports made it or the
 * user trusts it, where the git directory is `.git` of that very folder, or where that folder's `.git` file and git's own bookkeeping
 * (a linked work tree, a submodule) name each other.
 */
export function isPlaceOfItsOwn(repository: Repository, { worktree, gitdir }: Checkout): boolean {
  const dotGit = join(worktree, '.git');
  const found = lstatSync(dotGit, { throwIfNoEntry: false });
  if (found?.isDirectory() && real(dotGit) === real(gitdir)) return true;
  const trusted = new Set(trustedRepositories());
  if ([worktree, repository.commondir].some((it) => trusted.has(real(it)))) return true;
  if (!pointsTo(dotGit, gitdir)) return false;
  // That it names the folder back was asked when the work trees were listed.
  if (dirname(real(gitdir)) === join(real(repository.commondir), 'worktrees')) return true;
  const above = gitDirectoryAbove(dirname(worktree));
  return above !== undefined && real(gitdir).startsWith(join(real(above), 'modules') + sep);
}

/**
 * What in a journal is not what a command of vports does; undefined where all is. Files become what the commit has. Where the user
 * has changes of their own in one, theirs stay: every word of it is one of the user's or one of the commit's.
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
    if (!isAsCommitted) return `has another ${file.path} than its commits`;
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
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
