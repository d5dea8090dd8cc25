import { dirname, join } from 'node:path';
import { VportsError } from '../../errors.js';
import { quietly } from '../../files/quietly.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { rename } from '../../files/rename.js';
import { shellWord } from '../../files/shell-word.js';
import { writeWhole } from '../../files/write-whole.js';
import { closeSync, existsSync, lstatSync, openSync, rmdirSync, rmSync } from '../../world/files.js';
import { synced, world } from '../../world/index.js';
import { syncFolder } from '../git/durable-fs.js';
import { editedIndex, type IndexChange } from '../git/index-file.js';
import { type Objects, objectName } from '../git/objects.js';
import { dropLock, dropOwnLock, prepareMark, RefUpdate, readRef, takeLock } from '../git/refs.js';
import { privateFolder, type Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import { type Checkout, checkouts, refuseUnderWay } from '../git/worktrees.js';
import {
  type CommittedFile,
  dropJournal,
  hasJournal,
  type Journal,
  markUndoing,
  type RefMove,
  readJournal,
  setAside,
  type Version,
  writeJournal,
} from './journal.js';

/**
 * Moves a checked-out branch to a commit that changes `files`, and index and files with it.
 *
 * Three things cannot change in one step, so a journal says what is meant before the first of them does, and a
 * later vports completes it should this one be killed. The index goes first and the ref second, both under
 * index.lock. A `git commit` reads HEAD, then the index, and only then asks for index.lock: whatever it has read by
 * then, it either finds HEAD moved and refuses, or has seen the new index. With the ref first it could pair the new
 * HEAD with the old index, and its commit would delete the event.
 *
 * Throws HeadMoved, LOCKED (git is at work in that worktree), CONFLICT (a merge under way, or a file of the user's
 * own in the way).
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
    // Where that is refused too, the journal stays, and the next command takes it back.
    await takeBack(repository, objects).then(
      () => quietly(() => dropIndexLock(repository, checkout)),
      () => undefined,
    );
    throw error;
  }
  // It has happened: what is left of it here, whoever comes next clears away.
  quietly(() => dropIndexLock(repository, checkout));
  quietly(() => dropJournal(repository));
}

/** Whether a writer is at work in a checkout, or was killed there. */
export async function isUnsettled(repository: Repository): Promise<boolean> {
  if (existsSync(indexMark(repository))) return true;
  if (!hasJournal(repository)) return false;
  const found = await readJournal(repository);
  return found !== undefined && 'journal' in found;
}

/** Completes or undoes what a killed vports had begun. Only the holder of the writer lock may call it. */
export async function settleJournal(repository: Repository, objects: Objects): Promise<void> {
  const found = await readJournal(repository);
  if (found && 'refused' in found) setAside(found.file);
  if (!found || 'refused' in found) {
    for (const { gitdir } of checkouts(repository)) dropOwnLock(indexLock({ gitdir }), indexMark(repository));
    rmSync(indexMark(repository), { force: true });
    return;
  }
  const { journal, undoing } = found;
  const head = readRef(repository, journal.ref);
  // Normally index.lock is still ours. Should the user have removed it, it is taken anew before the index is touched.
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
    // What somebody has written there since the kill is theirs; an empty file is what a power cut leaves of ours.
    const found = nameOf(join(journal.worktree, file.path));
    if ([before, after, EMPTY].includes(found)) await putFile(repository, objects, journal, file.path, after);
  }
  await syncFiles(journal.files.map(({ path }) => join(journal.worktree, path)));
  const index = await editedIndex(journal.gitdir, indexFolder(repository), journal.files.map(inIndex));
  rename(index, join(journal.gitdir, 'index'));
  if (!moveRef) return;
  (await RefUpdate.begin(repository, journal.ref, journal.old, journal.next)).finish(journal.reflog);
}

async function takeBack(repository: Repository, objects: Objects): Promise<void> {
  if (!markUndoing(repository)) return;
  const found = await readJournal(repository);
  if (found && 'journal' in found) await undo(repository, objects, found.journal);
  dropJournal(repository);
}

/** Takes back files and index entries that the branch does not have. */
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

const inIndex = ({ path, index, after }: CommittedFile): IndexChange => ({
  path,
  oid: (index ?? { after }).after,
});
const inWorktree = ({ before, after, worktree }: CommittedFile): Version => worktree ?? { before, after };

async function putFile(
  repository: Repository,
  objects: Objects,
  { worktree }: Checkout,
  path: string,
  oid: string,
): Promise<void> {
  const { content } = await objects.read(oid);
  writeWhole(join(worktree, path), content, { via: privateFolder(repository) });
}

/** On the disk before the journal goes: an empty file would be taken for the user's, and their next commit would damage the stream. */
export async function syncFiles(paths: string[]): Promise<void> {
  const files = paths.filter((it) => lstatSync(it, { throwIfNoEntry: false })?.isFile());
  for (let done = 0; done < files.length; done += OPEN_AT_ONCE) {
    const descriptors = files.slice(done, done + OPEN_AT_ONCE).map((it) => openSync(it, 'r'));
    try {
      await Promise.all(descriptors.map((it) => synced(it)));
    } finally {
      for (const it of descriptors) closeSync(it);
    }
  }
  for (const folder of new Set(paths.map((it) => dirname(it)))) syncFolder(folder);
}

/** A process may have a thousand files open, and others of it do. */
const OPEN_AT_ONCE = 100;

const EMPTY = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';

/** What git calls what is in a file; undefined where there is none. */
function nameOf(path: string): string | undefined {
  return existsSync(path) ? objectName('blob', readRegularBytes(path)) : undefined;
}

/** The file, and the folders that it leaves empty. */
function removeFile(worktree: string, file: string): void {
  rmSync(file);
  for (let folder = dirname(file); folder !== worktree; folder = dirname(folder)) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

/** A file that we would overwrite must be as we know it: what the user has written meanwhile stays. */
function refuseUsersOwn({ worktree }: Checkout, files: CommittedFile[]): void {
  for (const committed of files) {
    const { path } = committed;
    const file = join(worktree, path);
    refuseOddParents(worktree, path);
    const { before, after } = inWorktree(committed);
    if ([before, after].includes(nameOf(file))) continue;
    throw new VportsError('CONFLICT', `${file} has changes that are not committed`, {
      hint: `commit them or take them back (\`git checkout -- ${shellWord(path)}\`), then try again`,
      details: { path: file },
    });
  }
}

/** Through a link or a file in the place of a folder we would write outside the registry, and git would see no event. */
function refuseOddParents(worktree: string, path: string): void {
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const at = join(worktree, ...parts.slice(0, depth));
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (!found) return;
    if (depth < parts.length ? found.isDirectory() : found.isFile()) continue;
    throw new VportsError(
      'CONFLICT',
      `${at} is in the way: it is ${found.isSymbolicLink() ? 'a link' : 'no folder or file'}`,
      {
        hint: 'see how it came there (`git log -- PATH`) and remove it',
        details: { path: at },
      },
    );
  }
}

async function takeIndexLock(repository: Repository, checkout: Checkout): Promise<void> {
  await prepareMark(indexMark(repository), `vports ${world.randomBytes(16).toString('hex')}\n`);
  await takeLock(indexLock(checkout), indexMark(repository));
}

function dropIndexLock(repository: Repository, checkout: Checkout): void {
  dropLock(indexLock(checkout), indexMark(repository));
}

function indexLock({ gitdir }: Pick<Checkout, 'gitdir'>): string {
  return join(gitdir, 'index.lock');
}

function indexMark(repository: Repository): string {
  return join(privateFolder(repository), 'index.mark');
}

function indexFolder(repository: Repository): string {
  return join(privateFolder(repository), 'index');
}
