import { errno, VportsError } from './errors.js';

/** What `work` returns; undefined where it throws anything. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Whether `work` throws nothing. */
export function succeeds(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** What `work` returns; undefined where the system refuses it. */
export function unlessSystemRefuses<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (errno(error) === undefined) throw error;
    return undefined;
  }
}

/** What `work` returns; undefined where it throws an error with one of these codes, the system's or ours. */
export function unlessCode<T>(codes: readonly string[], work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!codes.includes(errno(error) ?? '')) throw error;
    return undefined;
  }
}

/** What `work` returns; undefined where it throws an error that the user can do something about. */
export function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    return noneIfRefused(error);
  }
}

/** The same for a promise: `work().catch(noneIfRefused)`. */
export function noneIfRefused(error: unknown): undefined {
  if (!(error instanceof VportsError)) throw error;
}

/** The error that the user can do something about, where `work` throws one. */
export function refusalIn(work: () => void): VportsError | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof VportsError)) throw error;
    return error;
  }
}
