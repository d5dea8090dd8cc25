import { randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';

/** ULIDs that ascend, so that the events of one command sort as they happened. Randomness is fetched 1 KiB at a time. */
export function eventIds(): (at: number) => string {
  const pool = new Uint8Array(1024);
  let next = pool.length;
  return monotonicFactory(() => {
    if (next === pool.length) {
      randomFillSync(pool);
      next = 0;
    }
    return pool[next++]! / 256;
  });
}
