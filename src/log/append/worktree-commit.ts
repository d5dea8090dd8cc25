import { join } from 'node:path';
import { VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { shellWord } from '../../files/shell-word.js';
import { rename } from '../git/guarded-files.js';
import { editedIndex } from '../git/index-file.js';
import type { Objects } from '../git/objects.js';
import { RefUpdate } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { type Checkout, refuseUnderWay } from '../git/worktrees.js';
import {
  indexFolder,
  inIndex,
  inWorktree,
  nameOf,
  putFile,
  refuseOddParents,
  syncFiles,
} from './checkout-files.js';
import { dropIndexLock, takeIndexLock } from './index-lock.js';
import { type CommittedFile, dropJournal, type RefMove, writeJournal } from './journal.js';
import { takeBack } from './settle-journal.js';

/**
 * Moves a checked-out branch, its index and its files to a commit that changes `files`.
 *
 * These three cannot change in one step, so a journal comes first, and a later vports completes it if this one is killed. The index
 * changes before the ref, both under index.lock. A `git commit` reads HEAD, then the index, then takes index.lock: it either finds
 * HEAD moved and refuses, or has read the new index. With the ref first it could pair the new HEAD with the old index, and its
 * commit would delete the event.
 *
 * Throws HeadMoved, LOCKED (git is active in that work tree), CONFLICT (an unfinished merge, or a file of the user's in the way).
 */
export async function publishCheckedOut(
  repository: Repository,
  objects: Objects,
  checkout: Checkout,
  { files, ...move }: RefMove & { files: CommittedFile[] },
): Promise<void> {
  refuseUnderWay(checkout);
  await takeIndexLock(repository, checkout);
  let update: RefUpdate | undefined;
  try {
    refuseUsersOwn(checkout, files);
    const index = await editedIndex(checkout.gitdir, indexFolder(repository), files.map(inIndex));
    update = await RefUpdate.begin(repository, move.ref, move.old, move.next, objects);
    writeJournal(repository, { ...checkout, ...move, files });
    for (const file of files) await putFile(repository, objects, checkout, file.path, inWorktree(file).after);
    await syncFiles(files.map(({ path }) => join(checkout.worktree, path)));
    rename(index, join(checkout.gitdir, 'index'));
    update.finish(move.reflog);
  } catch (error) {
    update?.cancel();
    // If that fails too, the journal stays, and the next command undoes it.
    await takeBack(repository, objects).then(
      () => ignoreErrors(() => dropIndexLock(repository, checkout)),
      () => undefined,
    );
    throw error;
  }
  // The write is complete: the next process cleans up what stays behind.
  ignoreErrors(() => dropIndexLock(repository, checkout));
  ignoreErrors(() => dropJournal(repository));
}

/** A file that we overwrite must have known content: what the user has written meanwhile stays. */
function refuseUsersOwn({ worktree }: Checkout, files: CommittedFile[]): void {
  for (const committed of files) {
    const { path } = committed;
    const file = join(worktree, path);
    refuseOddParents(worktree, path);
    const { before, after } = inWorktree(committed);
    if ([before, after].includes(nameOf(file))) continue;
    throw new VportsError('CONFLICT', `${file} has uncommitted changes`, {
      hint: `commit or discard them (\`git checkout -- ${shellWord(path)}\`), then try again`,
      details: { path: file },
    });
  }
}
