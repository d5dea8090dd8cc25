import { join } from 'node:path';
import { VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { rename } from '../git/guarded-files.js';
import { editedIndex, type IndexChange } from '../git/index-file.js';
import type { Objects } from '../git/objects.js';
import { RefUpdate, readRef } from '../git/refs.js';
import { placeOf, type Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import {
  EMPTY,
  indexFolder,
  inIndex,
  inWorktree,
  nameOf,
  putFile,
  refuseOddParents,
  removeFile,
  syncFiles,
} from './checkout-files.js';
import { dropIndexLock, dropLeftIndexLocks, hasIndexMark, takeIndexLock } from './index-lock.js';
import {
  dropJournal,
  hasJournal,
  type Journal,
  markUndoing,
  readJournal,
  setAside,
  type Unsettled,
} from './journal.js';
import { faultIn, ownsWorkTree } from './journal-rules.js';

/** Whether a writer is active in a checkout, or was killed there. */
export async function isUnsettled(repository: Repository): Promise<boolean> {
  if (hasIndexMark(repository)) return true;
  if (!hasJournal(repository)) return false;
  const found = await readJournal(repository);
  return found !== undefined && 'journal' in found;
}

/** The journal of a killed writer, refused if it differs from its commits; undefined if there is none. */
export async function readSound(repository: Repository, objects: Objects): Promise<Unsettled | undefined> {
  const found = await readJournal(repository);
  if (!found || 'refused' in found) return found;
  const refused = await faultIn(repository, objects, found.journal).catch(
    () => 'refers to unreadable objects',
  );
  return refused === undefined ? found : { refused, file: found.file };
}

/** Completes or undoes the write of a killed vports. Requires the writer lock. Throws NOT_TRUSTED. */
export async function settleJournal(repository: Repository, objects: Objects): Promise<void> {
  const found = await readSound(repository, objects);
  if (found && 'refused' in found) setAside(found.file);
  if (!found || 'refused' in found) {
    dropLeftIndexLocks(repository);
    return;
  }
  const { journal, undoing } = found;
  if (!ownsWorkTree(repository, journal)) throw notTrusted(repository, journal);
  const head = readRef(repository, journal.ref);
  // index.lock is normally still ours; if the user has removed it, it is taken again before the index is touched.
  dropIndexLock(repository, journal);
  await takeIndexLock(repository, journal);
  try {
    for (const { path } of journal.files) refuseOddParents(journal.worktree, path);
    const stillOld = head === journal.old;
    if (!undoing && (stillOld || head === journal.next))
      await complete(repository, objects, journal, stillOld);
    else await undo(repository, objects, journal);
  } finally {
    dropIndexLock(repository, journal);
  }
  dropJournal(repository);
}

async function complete(
  repository: Repository,
  objects: Objects,
  journal: Journal,
  moveRef: boolean,
): Promise<void> {
  for (const file of journal.files) {
    const { before, after } = inWorktree(file);
    // Content written since the kill belongs to the user; an empty file is what a power cut leaves of ours.
    const found = nameOf(join(journal.worktree, file.path));
    if ([before, after, EMPTY].includes(found)) await putFile(repository, objects, journal, file.path, after);
  }
  await syncFiles(journal.files.map(({ path }) => join(journal.worktree, path)));
  const index = await editedIndex(journal.gitdir, indexFolder(repository), journal.files.map(inIndex));
  rename(index, join(journal.gitdir, 'index'));
  if (!moveRef) return;
  (await RefUpdate.begin(repository, journal.ref, journal.old, journal.next)).finish(journal.reflog);
}

export async function takeBack(repository: Repository, objects: Objects): Promise<void> {
  if (!markUndoing(repository)) return;
  const found = await readJournal(repository);
  if (found && 'journal' in found) await undo(repository, objects, found.journal);
  dropJournal(repository);
}

async function undo(repository: Repository, objects: Objects, journal: Journal): Promise<void> {
  const head = readRef(repository, journal.ref);
  const root = head && (await objects.readCommit(head)).tree;
  const changes: IndexChange[] = [];
  for (const file of journal.files) {
    const committed = root ? await objects.entryAt(root, file.path, FILE) : undefined;
    if (committed?.oid === file.after) continue;
    changes.push({ path: file.path, oid: (file.index ?? { before: committed?.oid }).before });
    const path = join(journal.worktree, file.path);
    const { before, after } = file.worktree ?? { before: committed?.oid, after: file.after };
    if (nameOf(path) !== after) continue;
    if (before) await putFile(repository, objects, journal, file.path, before);
    else removeFile(journal.worktree, path);
  }
  if (changes.length === 0) return;
  const index = await editedIndex(journal.gitdir, indexFolder(repository), changes);
  rename(index, join(journal.gitdir, 'index'));
}

function notTrusted(repository: Repository, { worktree, files }: Journal): VportsError {
  const place = placeOf(repository);
  return new VportsError(
    'NOT_TRUSTED',
    `a write to ${worktree} was interrupted, but only ${repository.commondir} itself names that work tree`,
    {
      hint: `\`vports doctor\` lists the files that would be written; \`vports trust ${shellWord(place)}\` allows it`,
      details: { trust: place, files: files.map(({ path }) => join(worktree, path)) },
    },
  );
}
