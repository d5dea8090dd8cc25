import { constants } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { errno, VportsError } from '../../errors.js';
import { rename as renameWhole } from '../../files/rename.js';
import { type WriteOptions, writeWhole as writeAll } from '../../files/write-whole.js';
import * as files from '../../world/files.js';

/*
 * The log changes files only through these calls. A repository may come from anybody, with symbolic links in its folders, which git
 * follows: `logs/refs/heads/main` may lead to a file of the user's. Paths start at a folder whose real path is known (`realPath`), so
 * that any other result reveals a link below.
 */

export function realPath(path: string): string {
  try {
    return files.realpathSync(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(errno(error) ?? '') || dirname(path) === path) throw error;
    return join(realPath(dirname(path)), path.slice(dirname(path).length));
  }
}

export function mkdirSync(path: string, options?: { recursive?: boolean; mode?: number }): void {
  refuseLinksTo(path);
  const first = files.mkdirSync(path, options) as string | undefined;
  if (options?.recursive !== true) handOver(path);
  else if (first !== undefined)
    for (let at = path; at.length >= first.length; at = dirname(at)) handOver(at, dirname(first));
}

/** The prefix may be in a folder of the system. */
export function mkdtempSync(prefix: string): string {
  return files.mkdtempSync(join(realPath(dirname(prefix)), prefix.slice(dirname(prefix).length)));
}

/** Creates a file. An existing file or link is an error (EEXIST). */
export function writeNew(
  path: string,
  data: string | Uint8Array,
  options: { flush?: boolean; mode?: number } = {},
): void {
  refuseLinksTo(path);
  files.writeFileSync(path, data, { ...options, flag: 'wx' });
  handOver(path);
}

/** The same, open for reading and writing. */
export function openNew(path: string, mode?: number): number {
  refuseLinksTo(path);
  const descriptor = files.openSync(path, 'wx+', mode);
  handOver(path);
  return descriptor;
}

/** Follows no symbolic link, not even for the file itself; on Windows, which has no such flag, that is checked once it is open. */
export function appendFileSync(path: string, line: string): void {
  refuseLinksTo(path);
  const {
    O_WRONLY,
    O_APPEND,
    O_CREAT,
    O_NOFOLLOW = 0,
  } = constants as Partial<typeof constants> & typeof constants;
  const descriptor = files.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o666);
  try {
    const [opened, there] = [files.fstatSync(descriptor), files.lstatSync(path)];
    if (opened.ino !== there.ino || opened.dev !== there.dev) throw linked(path);
    files.writeFileSync(descriptor, line);
  } finally {
    files.closeSync(descriptor);
  }
  handOver(path);
}

export function copyFileSync(from: string, to: string): void {
  refuseLinksTo(to);
  files.copyFileSync(from, to, constants.COPYFILE_EXCL);
  handOver(to);
}

export function linkSync(from: string, to: string): void {
  refuseLinksTo(to);
  files.linkSync(from, to);
}

export function unlinkSync(path: string): void {
  refuseLinksTo(path);
  files.unlinkSync(path);
}

export function rmdirSync(path: string): void {
  refuseLinksTo(path);
  files.rmdirSync(path);
}

/** For a link of our own, to probe the file system. */
export function symlinkSync(target: string, path: string): void {
  refuseLinksTo(path);
  files.symlinkSync(target, path);
}

export function chmodSync(path: string, mode: number): void {
  refuseLinksTo(path);
  files.chmodSync(path, mode);
}

/** Removes a symbolic link itself, not its target. */
export function rmSync(path: string, options: { recursive?: boolean; force?: boolean } = {}): void {
  refuseLinksTo(path);
  files.rmSync(path, options);
}

export function rename(from: string, to: string): void {
  refuseLinksTo(from);
  refuseLinksTo(to);
  renameWhole(from, to);
  handOver(to);
}

export function writeWhole(path: string, data: Uint8Array | string, options: WriteOptions = {}): void {
  refuseLinksTo(path);
  if (options.via !== undefined) refuseLinksTo(join(options.via, 'file'));
  if (!isThere(dirname(path))) mkdirSync(dirname(path), { recursive: true });
  writeAll(path, data, options);
  handOver(path);
}

/** Gives a file that root creates to the owner of its folder: with `sudo`, or in a container, it would lock users out of their own registry. */
function handOver(path: string, folder = dirname(path)): void {
  if (process.getuid?.() !== 0) return;
  const owner = files.lstatSync(folder, { throwIfNoEntry: false });
  if (!owner?.uid) return;
  const made = files.lstatSync(path, { throwIfNoEntry: false });
  if (made && made.uid === 0) files.lchownSync(path, owner.uid, owner.gid);
}

export function isThere(path: string): boolean {
  return files.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Throws UNSUPPORTED_REPOSITORY if a folder above the file is a symbolic link or, on Windows, a junction. */
function refuseLinksTo(path: string): void {
  // On Windows isomorphic-git joins with a slash.
  const folder = normalize(dirname(path));
  try {
    if (files.realpathSync(folder) === folder) return;
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
    // Not created yet, or a dangling link.
    if (!files.lstatSync(folder, { throwIfNoEntry: false })) {
      refuseLinksTo(folder);
      return;
    }
  }
  throw linked(folder);
}

function linked(path: string): VportsError {
  return new VportsError(
    'UNSUPPORTED_REPOSITORY',
    `${path} is or contains a symbolic link; vports does not write through links`,
    {
      hint: 'use the repository that it leads to, or replace the link by its target',
      details: { path },
    },
  );
}
