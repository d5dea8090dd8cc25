import { basename, dirname, join } from 'node:path';
import { readRegularText } from '../../files/regular-file.js';
import { existsSync, lstatSync } from '../../world/files.js';
import { rename, rmSync, writeWhole } from '../git/guarded-files.js';
import { privateFolder, type Repository } from '../git/repository.js';
import { type Checkout, checkouts } from '../git/worktrees.js';

/** A file before and after, as oids of existing blobs; undefined for no file. */
export interface Version {
  before: string | undefined;
  after: string | undefined;
}

export interface CommittedFile extends Version {
  path: string;
  /** The user's uncommitted versions, which keep their changes and get the same edit; else as committed. */
  index?: Version | undefined;
  worktree?: Version | undefined;
}

/** The move of a ref, with its reflog line. */
export interface RefMove {
  ref: string;
  /** Undefined for a branch without commits. */
  old: string | undefined;
  next: string;
  reflog: string;
}

/** The intended changes to a checkout, which the next vports completes if this one is killed. */
export interface Journal extends Checkout, RefMove {
  files: CommittedFile[];
}

export type Unsettled = { file: string } & ({ journal: Journal; undoing: boolean } | { refused: string });

export function hasJournal(repository: Repository): boolean {
  return isThere(journalPath(repository)) || isThere(undoPath(repository));
}

/** Returns when the journal is on the disk. */
export function writeJournal(repository: Repository, { worktree: _, gitdir, ...journal }: Journal): void {
  const name = gitdir === repository.commondir ? '' : basename(gitdir);
  const text = JSON.stringify({ version: 1, worktree: name, ...journal });
  writeWhole(journalPath(repository), text, { flush: true });
}

/**
 * The journal of a killed writer; undefined if there is none. Refuses one that vports would not have written, or of a user without
 * rights in this repository: it could write files wherever its author wants.
 */
export async function readJournal(repository: Repository): Promise<Unsettled | undefined> {
  const file = [undoPath, journalPath].map((it) => it(repository)).find((it) => isThere(it));
  if (file === undefined) return undefined;
  try {
    if (!hasTrustedOwner(repository, file)) return { refused: 'belongs to another user', file };
    const { journalSchema } = await import('./journal-schema.js');
    const { version: __, worktree, ...journal } = journalSchema.parse(JSON.parse(readRegularText(file)));
    const place = checkouts(repository).find(({ gitdir }) =>
      worktree === ''
        ? gitdir === repository.commondir
        : basename(gitdir) === worktree && isLinked(repository, gitdir),
    );
    if (!place) return { refused: `belongs to the missing worktree ${JSON.stringify(worktree)}`, file };
    return { journal: { ...journal, ...place } as Journal, undoing: file === undoPath(repository), file };
  } catch {
    return { refused: 'was not written by vports', file };
  }
}

/** Marks a failed write for undoing by a rename, which needs no disk space, as undoing it may fail too. */
export function markUndoing(repository: Repository): boolean {
  if (!isThere(journalPath(repository))) return false;
  rename(journalPath(repository), undoPath(repository));
  return true;
}

export function dropJournal(repository: Repository): void {
  for (const it of [journalPath, undoPath]) rmSync(it(repository), { force: true });
}

/** Renames a refused journal, so that it is ignored but can be inspected. */
export function setAside(file: string): void {
  rename(file, join(dirname(file), 'journal.refused'));
}

function isLinked(repository: Repository, gitdir: string): boolean {
  return dirname(gitdir) === join(repository.commondir, 'worktrees');
}

/** The file's owner is this user or the repository's owner; in a group-shared repository anybody of its group. */
function hasTrustedOwner(repository: Repository, file: string): boolean {
  if (process.getuid === undefined) return true;
  const [own, all] = [lstatSync(file), lstatSync(repository.commondir)];
  if (own.uid === process.getuid() || own.uid === all.uid) return true;
  const shared = repository.config.get('core.sharedrepository')?.toLowerCase();
  return shared !== undefined && !['umask', 'false', '0'].includes(shared) && own.gid === all.gid;
}

function isThere(file: string): boolean {
  return existsSync(file) || lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

function journalPath(repository: Repository): string {
  return join(privateFolder(repository), 'journal.json');
}

function undoPath(repository: Repository): string {
  return join(privateFolder(repository), 'journal-undo.json');
}
