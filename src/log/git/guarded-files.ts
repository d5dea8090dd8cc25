import { constants } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { errno, VportsError } from '../../errors.js';
import { rename as renameWhole } from '../../files/rename.js';
import { writeWhole as writeAll } from '../../files/write-whole.js';
import * as files from '../../world/files.js';

/*
 * Every call by which the log changes a file goes through here. A repository may come from anybody, links in its folders included, and
 * git follows them: `logs/refs/heads/main` may lead to a file of the user's. Paths start at a folder whose real path is known
 * (`realPath`), so a path that leads elsewhere has a link below that.
 */

/** The path without links in it, up to where it exists. */
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

/** In the folder that the prefix is in, which may be the system's own. */
export function mkdtempSync(prefix: string): string {
  return files.mkdtempSync(join(realPath(dirname(prefix)), prefix.slice(dirname(prefix).length)));
}

/** A new file: what is there already, a link too, is an error (EEXIST). */
export function writeNew(
  path: string,
  data: string | Uint8Array,
  options: { flush?: boolean; mode?: number } = {},
): void {
  refuseLinksTo(path);
  files.writeFileSync(path, data, { ...options, flag: 'wx' });
  handOver(path);
}

/** The same, to write and to read. */
export function openNew(path: string, mode?: number): number {
  refuseLinksTo(path);
  const descriptor = files.openSync(path, 'wx+', mode);
  handOver(path);
  return descriptor;
}

/** Follows no link in the file's own place either; on Windows, where the system has no such flag, that is looked at once it is open. */
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

/** Of a file of our own making, to see what the file system makes of it. */
export function symlinkSync(target: string, path: string): void {
  refuseLinksTo(path);
  files.symlinkSync(target, path);
}

export function chmodSync(path: string, mode: number): void {
  refuseLinksTo(path);
  files.chmodSync(path, mode);
}

/** A link in its place goes itself, not what it leads to. */
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

export function writeWhole(
  path: string,
  data: Uint8Array | string,
  options: Parameters<typeof writeAll>[2] = {},
): void {
  refuseLinksTo(path);
  if (options.via !== undefined) refuseLinksTo(join(options.via, 'file'));
  if (!isThere(dirname(path))) mkdirSync(dirname(path), { recursive: true });
  writeAll(path, data, options);
  handOver(path);
}

/**
 * What root makes in a folder of somebody's is theirs: with `sudo`, or in a container, it would lock them out of their own registry. `in` is
 * the folder whose owner counts.
 */
function handOver(path: string, folder = dirname(path)): void {
  if (process.getuid?.() !== 0) return;
  const owner = files.lstatSync(folder, { throwIfNoEntry: false });
  if (!owner?.uid) return;
  const made = files.lstatSync(path, { throwIfNoEntry: false });
  if (made && made.uid === 0) files.lchownSync(path, owner.uid, owner.gid);
}

function isThere(path: string): boolean {
  return files.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Throws UNSUPPORTED_REPOSITORY where a folder that a file is in is a link; on Windows a junction is one. */
function refuseLinksTo(path: string): void {
  // On Windows isomorphic-git joins with a slash.
  const folder = normalize(dirname(path));
  try {
    if (files.realpathSync(folder) === folder) return;
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
    // Not made yet, or a link to nothing.
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
    `${path} is a link or behind one, and vports writes through none`,
    {
      hint: 'write in the repository that it leads to, or replace the link by what it leads to',
      details: { path },
    },
  );
}
