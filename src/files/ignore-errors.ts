import { unlessSystemRefuses } from '../attempt.js';

/** For cleaning up: ignores failed system calls, as the next process cleans up again. */
export function ignoreErrors(work: () => void): void {
  unlessSystemRefuses(work);
}
