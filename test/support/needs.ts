import { test } from 'vitest';
import { findProgram } from './programs.mjs';

/** `test` where all of the programs are there; else a skipped one, or with VPORTS_TEST_NO_SKIP=1 one that runs and fails. */
export function testWith(...programs: string[]): typeof test {
  const isThere = programs.every((it) => findProgram(it) !== undefined);
  return isThere || process.env.VPORTS_TEST_NO_SKIP ? test : (test.skip as typeof test);
}
