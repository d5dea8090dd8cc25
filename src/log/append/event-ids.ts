import { monotonicFactory } from 'ulid';
import { type World, world } from '../../world/index.js';

/** The ids of one process ascend, whichever of its logs they are for. */
const IDS = new WeakMap<World, { latest: number; next: (at: number) => string }>();

/** A clock that goes back by more, in milliseconds, was wrong before: ids that went on from there would claim a time that has not come. */
const SET_RIGHT = 60_000;

/** ULIDs that ascend, so that the events of one command sort as they happened. */
export function eventIds(): (at: number) => string {
  return (at) => {
    const before = IDS.get(world);
    const known = before && at >= before.latest - SET_RIGHT ? before : { latest: at, next: newIds() };
    known.latest = Math.max(known.latest, at);
    IDS.set(world, known);
    return known.next(at);
  };
}

/** Crockford's alphabet, of which each character has five bits: the first ten of an id are its time. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** An id of the same time that is higher: by one, or by as much as the random part of another one says, so that no two take the same. */
export function idAfter(id: string, other?: string): string {
  const step = other === undefined ? 1n : (numberOf(other.slice(18)) << 16n) + 1n;
  const next = (numberOf(id.slice(10)) + step) % (1n << 80n);
  let [text, rest] = ['', next];
  for (let each = 0; each < 16; each++) {
    text = ALPHABET[Number(rest & 31n)]! + text;
    rest >>= 5n;
  }
  return id.slice(0, 10) + text;
}

function numberOf(text: string): bigint {
  return [...text].reduce((sum, it) => (sum << 5n) + BigInt(ALPHABET.indexOf(it)), 0n);
}

/** Randomness is fetched 1 KiB at a time. */
function newIds(): (at: number) => string {
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
