import { errno, VportsError } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'a file would be too large',
  EISDIR: 'a folder is in the way',
  ELOOP: 'a link leads in a circle',
  ENAMETOOLONG: 'a name is too long',
  EIO: 'the disk reports an error',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file is in the way',
  ENOENT: 'a folder is missing',
};

/** Runs what writes to a path. Throws CANNOT_WRITE for a full disk, a folder without permission and the like. */
export async function withWriteErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errno(error);
    if (error instanceof VportsError || !code || !Object.hasOwn(REASONS, code)) throw error;
    throw new VportsError('CANNOT_WRITE', `cannot write to ${path}: ${REASONS[code]}`, {
      hint: ['ENOSPC', 'EDQUOT'].includes(code)
        ? 'make room and try again'
        : `see who may write there: \`ls -ld ${shellWord(path)}\``,
      details: { path, errno: code },
      cause: error,
    });
  }
}
