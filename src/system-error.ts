import { dirname } from 'node:path';
import { errno, VportsError } from './errors.js';
import { shellWord } from './files/shell-word.js';
import { existsSync } from './world/files.js';

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is too large',
  EISDIR: 'it is a folder',
  ELOOP: 'too many levels of symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'input/output error',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENOMEM: 'out of memory',
  EBUSY: 'another program is using it',
  ENOTDIR: 'a part of the path is a file',
  ENOTEMPTY: 'the folder is not empty',
  EEXIST: 'a file is in the way',
  ENOENT: 'no such file or folder',
  ENOTSUP: 'it is not a regular file',
  EILSEQ: 'it is not valid UTF-8',
  ESTALE: 'stale file handle (network drive)',
  ETXTBSY: 'it is a running program',
};
/** Nothing at all can be written. */
const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EROFS'];
const WRITES =
  /^(write|pwrite|mkdir|mkdtemp|unlink|rmdir|rm|rename|link|symlink|fsync|ftruncate|chmod|utime|copyfile|cp)$/;
/** A later attempt may succeed. */
const PASSING = ['EMFILE', 'ENFILE', 'ENOMEM', 'EBUSY'];

/** Whether the error says nothing about the file itself, but about the disk, a limit or a network drive. */
export function isSystemFailure(error: unknown): boolean {
  return ['EIO', 'ESTALE', ...PASSING, ...NO_ROOM].includes(errno(error) ?? '');
}

/**
 * Turns a failed system call into an error that names path and cause: CANNOT_WRITE for writes, or with `writing`; else LOG_DAMAGED.
 * Undefined for any other error.
 */
export function refusalOf(
  error: unknown,
  { path, writing = false }: { path?: string | undefined; writing?: boolean | undefined } = {},
): VportsError | undefined {
  const code = errno(error);
  if (error instanceof VportsError || code === undefined || !Object.hasOwn(REASONS, code)) return undefined;
  const { path: reported, dest, syscall = '' } = error as NodeJS.ErrnoException & { dest?: string };
  // For a link or a rename the system refuses the new place, unless the old one is missing.
  const place = (code === 'ENOENT' ? undefined : dest) ?? reported ?? path ?? 'what it needs';
  const isWrite = WRITES.test(syscall);
  const verb = isWrite || NO_ROOM.includes(code) ? 'write to' : writing ? 'use' : 'read';
  return new VportsError(
    writing || isWrite || NO_ROOM.includes(code) ? 'CANNOT_WRITE' : 'LOG_DAMAGED',
    `cannot ${verb} ${place}: ${REASONS[code]}`,
    { hint: hintFor(code, place), details: { path: place, errno: code }, cause: error },
  );
}

/** The error to report: ours, or a failed system call as one of ours; undefined for a defect. */
export function asReported(error: unknown): VportsError | undefined {
  return error instanceof VportsError ? error : refusalOf(error);
}

/** As asReported(); throws a defect. */
export function reported(error: unknown): VportsError {
  const found = asReported(error);
  if (!found) throw error;
  return found;
}

function hintFor(code: string, path: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'make room and try again';
  if (PASSING.includes(code)) return 'try again; `ulimit -n` shows how many files a program may have open';
  if (code === 'EIO') return 'check the disk: `dmesg`';
  // A path that could not be created does not exist; its folder does.
  const place = shellWord(existsSync(path) ? path : dirname(path));
  return `check its type and permissions: \`${process.platform === 'win32' ? 'icacls' : 'ls -ld'} ${place}\``;
}

/** Runs `work`, and rethrows failed system calls as `refusalOf` describes them. */
export async function withSystemErrors<T>(
  work: () => Promise<T>,
  about: { path?: string | undefined; writing?: boolean | undefined } = {},
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error, about) ?? error;
  }
}
