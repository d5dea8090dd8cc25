/** How long a push takes in simulated time, by the round trip to the remote and by how many machines push in eight hours. */
import { pushesFrom, timesAtChance } from '../test/simulation/pushes.js';
import { print } from './measure.js';

/** Milliseconds from the look at the remote to the answer of the push. */
const ROUND_TRIPS = [300, 1_500];
const PUSHES = [1_000, 5_000, 15_000, 30_000];

const rows = [];
for (const pushes of PUSHES) {
  const row: Record<string, string> = { 'pushes in eight hours': pushes.toLocaleString('en-US') };
  for (const roundTrip of ROUND_TRIPS) {
    // Where more come than one after the other could be answered, the line only grows.
    const took = pushes * roundTrip > 8 * 3_600_000 ? [] : await pushesFrom(timesAtChance(pushes), roundTrip);
    for (const [name, part] of [
      ['half', 0.5],
      ['19 of 20', 0.95],
      ['all', 1],
    ] as const) {
      const longest = took[Math.ceil(pushes * part) - 1];
      row[`w = ${roundTrip / 1_000} s: ${name}`] =
        longest === undefined ? '-' : `${(longest / 1_000).toFixed(1)} s`;
    }
  }
  rows.push(row);
}
print(rows);
