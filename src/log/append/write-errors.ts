import { withSystemErrors } from '../../system-error.js';

/** Throws CANNOT_WRITE for a full disk, a folder without permission and the like. */
export function withWriteErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  return withSystemErrors(work, { path, writing: true });
}
