import { dirname, join } from 'node:path';
import { VportsError } from '../../errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { closeSync, existsSync, lstatSync, openSync } from '../../world/files.js';
import { synced } from '../../world/index.js';
import { OPEN_TO_SYNC, syncFolder } from '../git/durable-fs.js';
import { isThere, rmdirSync, rmSync, writeWhole } from '../git/guarded-files.js';
import type { IndexChange } from '../git/index-file.js';
import { type Objects, objectName } from '../git/objects.js';
import { privateFolder, type Repository } from '../git/repository.js';
import type { Checkout } from '../git/worktrees.js';
import type { CommittedFile, Version } from './journal.js';

export const inIndex = ({ path, index, after }: CommittedFile): IndexChange => ({
  path,
  oid: (index ?? { after }).after,
});
export const inWorktree = ({ before, after, worktree }: CommittedFile): Version =>
  worktree ?? { before, after };

export async function putFile(
  repository: Repository,
  objects: Objects,
  { worktree }: Checkout,
  path: string,
  oid: string | undefined,
): Promise<void> {
  if (oid === undefined) {
    if (isThere(join(worktree, path))) removeFile(worktree, join(worktree, path));
    return;
  }
  const { content } = await objects.read(oid);
  writeWhole(join(worktree, path), content, { via: privateFolder(repository) });
}

/** Must be on the disk before the journal is dropped: an empty file would count as the user's, and their next commit would damage the stream. */
export async function syncFiles(paths: string[]): Promise<void> {
  const files = paths.filter((it) => lstatSync(it, { throwIfNoEntry: false })?.isFile());
  for (let done = 0; done < files.length; done += OPEN_AT_ONCE) {
    const descriptors = files.slice(done, done + OPEN_AT_ONCE).map((it) => openSync(it, OPEN_TO_SYNC));
    try {
      await Promise.all(descriptors.map((it) => synced(it)));
    } finally {
      for (const it of descriptors) closeSync(it);
    }
  }
  for (const folder of new Set(paths.map((it) => dirname(it)))) syncFolder(folder);
}

/** Limits the open files of the process, which may be a thousand in all. */
const OPEN_AT_ONCE = 100;

export const EMPTY = 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391';

export function nameOf(path: string): string | undefined {
  return existsSync(path) ? objectName('blob', readRegularBytes(path)) : undefined;
}

/** Removes the file and folders that become empty. */
export function removeFile(worktree: string, file: string): void {
  rmSync(file);
  for (let folder = dirname(file); folder !== worktree; folder = dirname(folder)) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

/** Through a symbolic link or a file in place of a folder we would write outside the registry, and git would see no event. */
export function refuseOddParents(worktree: string, path: string): void {
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const at = join(worktree, ...parts.slice(0, depth));
    const found = lstatSync(at, { throwIfNoEntry: false });
    if (!found) return;
    if (depth < parts.length ? found.isDirectory() : found.isFile()) continue;
    throw new VportsError(
      'CONFLICT',
      `${at} is ${found.isSymbolicLink() ? 'a symbolic link' : 'neither folder nor file'}`,
      {
        hint: 'find out who created it (`git log -- PATH`) and remove it',
        details: { path: at },
      },
    );
  }
}

export function indexFolder(repository: Repository): string {
  return join(privateFolder(repository), 'index');
}
