import { monotonicFactory } from 'ulid';
import { type World, world } from '../../world/index.js';

/** The ids of a process ascend across all its logs. */
const IDS = new WeakMap<World, { latest: number; next: (at: number) => string }>();

/** A clock set back by more milliseconds was wrong before: continuing its ids would claim a time in the future. */
const CORRECTED_BY = 60_000;

/** Ascending ULIDs, so that the events of a command sort in order. */
export function eventIds(): (at: number) => string {
  return (at) => {
    const before = IDS.get(world);
    const known = before && at >= before.latest - CORRECTED_BY ? before : { latest: at, next: newIds() };
    known.latest = Math.max(known.latest, at);
    IDS.set(world, known);
    return known.next(at);
  };
}

/** Crockford's alphabet, five bits per character; the first ten characters of an id are its time. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The next higher id of the same time; with `other`, higher by a part of its randomness, so that two writers do not collide. */
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
