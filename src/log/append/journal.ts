import { basename, dirname, join } from 'node:path';
import { readRegularText } from '../../files/regular-file.js';
import { existsSync, lstatSync } from '../../world/files.js';
import { rename, rmSync, writeWhole } from '../git/guarded-files.js';
import { privateFolder, type Repository } from '../git/repository.js';
import { type Checkout, checkouts } from '../git/worktrees.js';

/** One place of a file, before and after: names of blobs that the repository has; undefined for no file. */
export interface Version {
  before: string | undefined;
  after: string | undefined;
}

/** A file of a commit, by its path from the root of the tree. */
export interface CommittedFile extends Version {
  path: string;
  /** Where the user has changes that are not committed: they stay, and get the same edit. Else as the commit. */
  index?: Version | undefined;
  worktree?: Version | undefined;
}

/** A ref on its way from one commit to the next, with the reflog line that says so. */
export interface RefMove {
  ref: string;
  /** Undefined for a branch without commits. */
  old: string | undefined;
  next: string;
  reflog: string;
}

/** What a write to a checkout means to do, for whoever comes next should it be killed. */
export interface Journal extends Checkout, RefMove {
  files: CommittedFile[];
}

/** What was begun and neither completed nor taken back. */
export type Unsettled = { file: string } & ({ journal: Journal; undoing: boolean } | { refused: string });

/** Whether somebody has left a journal, of whatever kind. */
export function hasJournal(repository: Repository): boolean {
  return isThere(journalPath(repository)) || isThere(undoPath(repository));
}

/** Writes the journal, on the disk when this returns. */
export function writeJournal(repository: Repository, { worktree: _, gitdir, ...journal }: Journal): void {
  const name = gitdir === repository.commondir ? '' : basename(gitdir);
  const text = JSON.stringify({ version: 1, worktree: name, ...journal });
  writeWhole(journalPath(repository), text, { flush: true });
}

/**
 * The journal that somebody has left; undefined where there is none. One that vports would not have written, or that belongs
 * to somebody who has no business in this repository, is refused: it could have files written where its author wants.
 */
export async function readJournal(repository: Repository): Promise<Unsettled | undefined> {
  const file = [undoPath, journalPath].map((it) => it(repository)).find((it) => isThere(it));
  if (file === undefined) return undefined;
  try {
    if (!isOfARightfulOwner(repository, file)) return { refused: 'belongs to another user', file };
    const { journalSchema } = await import('./journal-schema.js');
    const { version: __, worktree, ...journal } = journalSchema.parse(JSON.parse(readRegularText(file)));
    const place = checkouts(repository).find(({ gitdir }) =>
      worktree === ''
        ? gitdir === repository.commondir
        : basename(gitdir) === worktree && isLinked(repository, gitdir),
    );
    if (!place)
      return { refused: `is of the worktree ${JSON.stringify(worktree)}, which is not there`, file };
    return { journal: { ...journal, ...place } as Journal, undoing: file === undoPath(repository), file };
  } catch {
    return { refused: 'is not one that vports wrote', file };
  }
}

/** A rename needs no room on the disk: what failed half-way is marked to be undone even where undoing it fails too. */
export function markUndoing(repository: Repository): boolean {
  if (!isThere(journalPath(repository))) return false;
  rename(journalPath(repository), undoPath(repository));
  return true;
}

export function dropJournal(repository: Repository): void {
  for (const it of [journalPath, undoPath]) rmSync(it(repository), { force: true });
}

/** Puts a journal that is refused where nobody takes it for one, and where it can be looked at. */
export function setAside(file: string): void {
  rename(file, join(dirname(file), 'journal.refused'));
}

function isLinked(repository: Repository, gitdir: string): boolean {
  return dirname(gitdir) === join(repository.commondir, 'worktrees');
}

/** Ours, or of whom the repository is; in one that a group shares, of somebody in that group. */
function isOfARightfulOwner(repository: Repository, file: string): boolean {
  if (process.getuid === undefined) return true;
  const [own, all] = [lstatSync(file), lstatSync(repository.commondir)];
  if (own.uid === process.getuid() || own.uid === all.uid) return true;
  const shared = repository.config.get('core.sharedrepository')?.toLowerCase();
  return shared !== undefined && !['umask', 'false', '0'].includes(shared) && own.gid === all.gid;
}

/** A link to nothing counts. */
function isThere(file: string): boolean {
  return existsSync(file) || lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function journalPath(repository: Repository): string {
  return join(privateFolder(repository), 'journal.json');
}

function undoPath(repository: Repository): string {
  return join(privateFolder(repository), 'journal-undo.json');
}
