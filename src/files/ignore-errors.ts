import { errno } from '../errors.js';

/** For cleaning up: ignores failed system calls, as the next process cleans up again. */
export function ignoreErrors(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (errno(error) === undefined) throw error;
  }
}
