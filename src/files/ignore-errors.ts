import { errno } from '../errors.js';

/** For what is only cleaning up: where the system refuses it, whoever comes next does it again. */
export function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (errno(error) === undefined) throw error;
  }
}
