/**
 * A command can be ended at hundreds of places. `npm test` tries one in `few` of them, `npm run test:all` one in `sample`, and
 * `npm run torture`, which takes hours, all.
 */
export function oneIn({ few, sample }: { few: number; sample: number }): number {
  if (process.env.VPORTS_TORTURE) return 1;
  return process.env.VPORTS_TEST_THOROUGH ? sample : few;
}
