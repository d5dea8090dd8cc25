import { execFileSync } from 'node:child_process';
import { test } from 'vitest';
import { findProgram } from './programs.mjs';

/** `test` where all of the programs are there; else a skipped one, or with VPORTS_TEST_NO_SKIP=1 one that runs and fails. */
export function testWith(...programs: string[]): typeof test {
  const isThere = programs.every((it) => findProgram(it) !== undefined);
  return isThere || process.env.VPORTS_TEST_NO_SKIP ? test : (test.skip as typeof test);
}

/** Whether file systems may be mounted here. */
export const canMount = (() => {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
})();
