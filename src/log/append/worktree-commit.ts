import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VportsError } from '../../errors.js';
import { rename } from '../../files/rename.js';
import { writeWhole } from '../git/durable-fs.js';
import { editedIndex, type IndexChange } from '../git/index-file.js';
import { type Objects, objectName } from '../git/objects.js';
import { dropLock, dropOwnLock, prepareMark, RefUpdate, readRef, takeLock } from '../git/refs.js';
import { privateFolder, type Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';
import { type Checkout, checkouts, refuseUnderWay } from '../git/worktrees.js';

/** One place of a file, before and after: names of blobs that the repository has; undefined for no file. */
interface Version {
  before: string | undefined;
  after: string;
}

/** A file of a commit, by its path from the root of the tree. */
export interface CommittedFile extends Version {
  path: string;
  /** Where the user has changes that are not committed: they stay, and get the same edit. Else as the commit. */
  index?: Version;
  worktree?: Version;
}

/** A ref on its way from one commit to the next, with the reflog line that says so. */
export interface RefMove {
  ref: string;
  /** Undefined for a branch without commits. */
  old: string | undefined;
  next: string;
  reflog: string;
}

interface Journal extends Checkout, RefMove {
  files: CommittedFile[];
}

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
    update = await RefUpdate.begin(repository, move.ref, move.old, move.next);
    const journal: Journal = { ...checkout, ...move, files };
    writeWhole(journalPath(repository), JSON.stringify(journal), { flush: true });
    for (const file of files) await putFile(repository, objects, checkout, file.path, inWorktree(file).after);
    rename(index, join(checkout.gitdir, 'index'));
    update.finish(move.reflog);
  } catch (error) {
    update?.cancel();
    await takeBack(repository, objects);
    dropIndexLock(repository, checkout);
    throw error;
  }
  dropIndexLock(repository, checkout);
  rmSync(journalPath(repository), { force: true });
}

/** Whether a writer is at work in a checkout, or was killed there. */
export function isUnsettled(repository: Repository): boolean {
  return [journalPath, undoPath, indexMark].some((path) => existsSync(path(repository)));
}

/** Completes or undoes what a killed vports had begun. Only the holder of the writer lock may call it. */
export async function settleJournal(repository: Repository, objects: Objects): Promise<void> {
  const undoing = existsSync(undoPath(repository));
  const path = undoing ? undoPath(repository) : journalPath(repository);
  if (!existsSync(path)) {
    for (const { gitdir } of checkouts(repository)) dropOwnLock(indexLock({ gitdir }), indexMark(repository));
    rmSync(indexMark(repository), { force: true });
    return;
  }
  const journal: Journal = JSON.parse(readFileSync(path, 'utf8'));
  const head = readRef(repository, journal.ref);
  // Normally index.lock is still ours. Should the user have removed it, it is taken anew before the index is touched.
  dropIndexLock(repository, journal);
  await takeIndexLock(repository, journal);
  try {
    const stillOld = head === journal.old;
    if (!undoing && (stillOld || head === journal.next))
      await complete(repository, objects, journal, stillOld);
    else await undo(repository, objects, journal);
  } finally {
    dropIndexLock(repository, journal);
  }
  rmSync(path, { force: true });
}

async function complete(
  repository: Repository,
  objects: Objects,
  journal: Journal,
  moveRef: boolean,
): Promise<void> {
  for (const file of journal.files) {
    const { before, after } = inWorktree(file);
    // What somebody has written there since the kill is theirs.
    if ([before, after].includes(nameOf(join(journal.worktree, file.path))))
      await putFile(repository, objects, journal, file.path, after);
  }
  const index = await editedIndex(journal.gitdir, indexFolder(repository), journal.files.map(inIndex));
  rename(index, join(journal.gitdir, 'index'));
  if (!moveRef) return;
  (await RefUpdate.begin(repository, journal.ref, journal.old, journal.next)).finish(journal.reflog);
}

/** A rename needs no room on the disk: what failed half-way is marked to be undone even where undoing it fails too. */
async function takeBack(repository: Repository, objects: Objects): Promise<void> {
  if (!existsSync(journalPath(repository))) return;
  rename(journalPath(repository), undoPath(repository));
  await undo(repository, objects, JSON.parse(readFileSync(undoPath(repository), 'utf8')));
  rmSync(undoPath(repository), { force: true });
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

/** What git calls what is in a file; undefined where there is none. */
function nameOf(path: string): string | undefined {
  return existsSync(path) ? objectName('blob', readFileSync(path)) : undefined;
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
      hint: `commit them or take them back (\`git checkout -- ${path}\`), then try again`,
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
  await prepareMark(indexMark(repository), `vports ${randomUUID()}\n`);
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

function journalPath(repository: Repository): string {
  return join(privateFolder(repository), 'journal.json');
}

function undoPath(repository: Repository): string {
  return join(privateFolder(repository), 'journal-undo.json');
}
