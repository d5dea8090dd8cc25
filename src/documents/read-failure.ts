import { join } from 'node:path';
import { errno, VportsError } from '../errors.js';

/** A document that could not be read: where, from 1, and why, to follow "cannot be read:". */
export interface ReadFailure {
  file: string;
  line: number | null;
  column: number | null;
  why: string;
}

/** What kept the service.json of a folder from being read. Throws what is a defect. */
export function readFailureOf(error: unknown, folder: string): ReadFailure {
  if (!(error instanceof VportsError)) throw error;
  const { file, line, column, problem } = error.details;
  return {
    file: typeof file === 'string' ? file : join(folder, 'service.json'),
    line: typeof line === 'number' ? line : null,
    column: typeof column === 'number' ? column : null,
    why: typeof problem === 'string' ? problem : error.message,
  };
}

const REASONS: Record<string, string> = {
  EFBIG: 'too large for a document',
  EILSEQ: 'not UTF-8',
  ENOTSUP: 'not a file',
  EISDIR: 'not a file',
  ENOENT: 'dangling link',
  EACCES: 'permission denied',
};

/** Why the system does not let a file or folder be read. */
export function reasonOf(error: unknown): string {
  const code = errno(error) ?? '';
  return Object.hasOwn(REASONS, code) ? REASONS[code]! : code || 'unknown reason';
}
