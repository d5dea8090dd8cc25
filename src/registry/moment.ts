import { VportsError } from '../errors.js';

const UNITS: Record<string, number> = {
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

const ISO = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * `2026-11-01` (its end, UTC), `2026-11-01T12:00Z` (local time without a zone), `3 days ago`, `yesterday`, `now`, in
 * milliseconds; undefined for what is no time.
 */
function parseMoment(text: string, now: number): number | undefined {
  if (text === 'now') return now;
  if (text === 'yesterday') return now - UNITS.day!;
  const ago = /^(\d{1,6}) (second|minute|hour|day|week)s? ago$/.exec(text);
  if (ago) return now - Number(ago[1]) * UNITS[ago[2]!]!;
  if (!ISO.test(text)) return undefined;
  const time = Date.parse(text.length === 10 ? `${text}T23:59:59.999Z` : text);
  return Number.isNaN(time) || !realDay(text) ? undefined : time;
}

/** Throws BAD_TIME. A date without a time is its first moment when something starts there. */
export function requireMoment(text: string, now: number, { start = false } = {}): number {
  const time = parseMoment(start && /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00Z` : text, now);
  if (time !== undefined) return time;
  throw new VportsError('BAD_TIME', `${JSON.stringify(text.slice(0, 80))} is no time`, {
    hint: 'write 2026-11-01, 2026-11-01T12:00Z or "3 days ago"',
    details: { time: text.slice(0, 80) },
  });
}

/** Date.parse takes the 31st of every month. */
function realDay(text: string): boolean {
  const day = text.slice(0, 10);
  return new Date(`${day}T00:00Z`).toISOString().slice(0, 10) === day;
}

/** One state of the past: what had been claimed by a time (milliseconds since 1970), or the tree of a commit. */
export type Moment = { time: number } | { revision: string };

/**
 * What is meant by `--at`: a time where it reads like one, else a revision. Throws BAD_TIME for one that has not come yet; of
 * today it is the time until now.
 */
export function momentOf(text: string, now: number): Moment {
  const time = parseMoment(text, now);
  if (time === undefined) return { revision: text };
  if (time <= now + CLOCKS_APART || (text.length === 10 && Date.parse(`${text}T00:00Z`) <= now))
    return { time: Math.min(time, now + CLOCKS_APART) };
  throw new VportsError('BAD_TIME', `${text} has not come yet`, {
    hint: 'give a time of the past; without --at it is the registry as it is now',
    details: { time: text, now: new Date(now).toISOString() },
  });
}

/** Clocks of two machines may be this far apart, in milliseconds. */
const CLOCKS_APART = 60_000;
