import { VportsError } from '../../errors.js';

const DAY = 86_400_000;
const UNITS: [pattern: RegExp, milliseconds: number][] = [
  [/^s(ec(ond)?s?)?$/, 1_000],
  [/^m(in(ute)?s?)?$/, 60_000],
  [/^h(ours?)?$/, 3_600_000],
  [/^d(ays?)?$/, DAY],
  [/^w(eeks?)?$/, 7 * DAY],
];

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?$/;

/**
 * A time as people give it, in milliseconds since 1970; undefined for what is none. With a zone as said; without one local time,
 * a date its local midnight: `2026-11-01`, `2026-11-01T12:00Z`, `2026-11-01 12:00Z` as vports prints it, `today`, `yesterday`, `last week`, `3 days ago`, `2w`.
 */
function parseMoment(text: string, now: number): number | undefined {
  if (text === 'now') return now;
  if (text === 'today') return midnight(now);
  if (text === 'yesterday') return midnight(now, -1);
  if (text === 'last week') return now - 7 * DAY;
  const [, count, unit = ''] = /^(\d{1,6}) ?([a-z]+)(?: ago)?$/.exec(text) ?? [];
  const length = UNITS.find(([pattern]) => pattern.test(unit))?.[1];
  if (count !== undefined) return length && now - Number(count) * length;
  if (!isRealDay(text.slice(0, 10))) return undefined;
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year) return new Date(Number(year), Number(month) - 1, Number(day)).getTime();
  if (!ISO.test(text)) return undefined;
  const time = Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(time) ? undefined : time;
}

export function requireMoment(text: string, now: number): number {
  const time = parseMoment(text, now);
  if (time !== undefined) return time;
  throw new VportsError('BAD_TIME', `${JSON.stringify(text.slice(0, 80))} is not a time`, {
    hint: 'write 2026-11-01 (local midnight), 2026-11-01T12:00Z, 2w, yesterday or "3 days ago"',
    details: { time: text.slice(0, 80) },
  });
}

/** Days vary in length with daylight saving time. */
function midnight(now: number, days = 0): number {
  const at = new Date(now);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + days).getTime();
}

/** Date.parse accepts the 31st of any month. */
function isRealDay(day: string): boolean {
  const time = DATE.test(day) ? Date.parse(`${day}T00:00Z`) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === day;
}

/** A past state: all claims up to a time (milliseconds since 1970), or the tree of a commit. */
export type Moment = { time: number } | { revision: string };

/** Parses `--at`: a time if it looks like one, else a revision. Throws BAD_TIME for a future time. */
export function momentOf(text: string, now: number): Moment {
  const time = parseMoment(text, now);
  if (time === undefined) return { revision: text };
  if (time <= now + CLOCKS_APART) return { time };
  throw new VportsError('BAD_TIME', `${text} is in the future`, {
    hint: 'pass a time in the past, or drop --at',
    details: { time: text, now: new Date(now).toISOString() },
  });
}

/** Tolerated clock difference between machines, in milliseconds. */
const CLOCKS_APART = 60_000;
