import { dirname } from 'node:path';
import { errno, VportsError } from './errors.js';
import { shellWord } from './files/shell-word.js';
import { existsSync } from './world/files.js';

/** What errno(3) means, in words. */
const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is too large',
  EISDIR: 'a folder is in the way',
  ELOOP: 'a link leads in a circle',
  ENAMETOOLONG: 'a name is too long',
  EIO: 'the disk reports an error',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENOMEM: 'no memory is left',
  EBUSY: 'another program uses it',
  ENOTDIR: 'a part of the path is a file',
  ENOTEMPTY: 'the folder is not empty',
  EEXIST: 'a file is in the way',
  ENOENT: 'it is not there',
  ENOTSUP: 'it is not a file',
  EILSEQ: 'it is not UTF-8',
  ESTALE: 'the network drive has lost it',
  ETXTBSY: 'a program runs from it',
};
/** Whatever was asked, the answer is that nothing can be written. */
const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EROFS'];
const WRITES =
  /^(write|pwrite|mkdir|mkdtemp|unlink|rmdir|rm|rename|link|symlink|fsync|ftruncate|chmod|utime|copyfile|cp)$/;
/** What more of the same, a little later, may not meet again. */
const PASSING = ['EMFILE', 'ENFILE', 'ENOMEM', 'EBUSY'];

/** Whether the system refused something of which nothing follows about the file itself: a disk, a limit, a network drive. */
export function isOfTheSystem(error: unknown): boolean {
  return ['EIO', 'ESTALE', ...PASSING, ...NO_ROOM].includes(errno(error) ?? '');
}

/**
 * A failed call of the system as a refusal that names the path and the cause: CANNOT_WRITE for what was to be written, or where
 * `writing`; else LOG_DAMAGED, as there is something that cannot be read. Undefined for any other error.
 */
export function refusalOf(
  error: unknown,
  { path, writing = false }: { path?: string | undefined; writing?: boolean | undefined } = {},
): VportsError | undefined {
  const code = errno(error);
  if (error instanceof VportsError || code === undefined || !Object.hasOwn(REASONS, code)) return undefined;
  const { path: told, dest, syscall = '' } = error as NodeJS.ErrnoException & { dest?: string };
  // Of a link or a rename it is the new place that is refused, unless the old one is missing.
  const place = (code === 'ENOENT' ? undefined : dest) ?? told ?? path ?? 'what it needs';
  const isWrite = WRITES.test(syscall);
  const verb = isWrite || NO_ROOM.includes(code) ? 'write to' : writing ? 'use' : 'read';
  return new VportsError(
    writing || isWrite || NO_ROOM.includes(code) ? 'CANNOT_WRITE' : 'LOG_DAMAGED',
    `cannot ${verb} ${place}: ${REASONS[code]}`,
    { hint: hintFor(code, place), details: { path: place, errno: code }, cause: error },
  );
}

/** An error as it is reported: one of ours as it is, one of the system's as a refusal; undefined for a defect. */
export function asReported(error: unknown): VportsError | undefined {
  return error instanceof VportsError ? error : refusalOf(error);
}

function hintFor(code: string, path: string): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'make room and try again';
  if (PASSING.includes(code)) return 'try again; `ulimit -n` shows how many files a program may have open';
  if (code === 'EIO') return 'see what the system says of the disk: `dmesg`';
  // What could not be made is not there to be looked at.
  const place = shellWord(existsSync(path) ? path : dirname(path));
  return `see what it is and who may use it: \`${process.platform === 'win32' ? 'icacls' : 'ls -ld'} ${place}\``;
}

/** Runs `work`, and throws what the system refuses as what it means to who asked. */
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
