import { monotonicFactory } from 'ulid';
import { world } from '../../world/index.js';

/** ULIDs that ascend, so that the events of one command sort as they happened. Randomness is fetched 1 KiB at a time. */
export function eventIds(): (at: number) => string {
  let pool: Uint8Array = new Uint8Array();
  let next = 0;
  return monotonicFactory(() => {
    if (next === pool.length) {
      pool = world.randomBytes(1024);
      next = 0;
    }
    return pool[next++]! / 256;
  });
}
