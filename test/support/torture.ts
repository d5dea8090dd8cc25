/**
 * A command can be ended at hundreds of places. `npm test` tries one in `sample` of them, and `npm run torture`, which takes
 * hours, all: it sets VPORTS_TORTURE.
 */
export function oneIn(sample: number): number {
  return process.env.VPORTS_TORTURE ? 1 : sample;
}
