import type { PortEvent } from '../../events/event.js';
import { eventPath } from '../../events/event-path.js';
import type { Problem } from './rules.js';

/** Honest clocks differ by less, in milliseconds. */
const DAY = 86_400_000;
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The time in an id, in milliseconds since 1970: the first ten digits of a ULID (github.com/ulid/spec). */
export function timeOfId(id: string): number {
  return [...id.slice(0, 10)].reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);
}

/**
 * Events with impossible times: in the future, after the commit that added them (`committed`, milliseconds since 1970, by path), or
 * far from the time in their id. `isForced` if the event had to take the time of the event before it.
 */
export function claimedTimes(
  events: ReadonlyMap<string, PortEvent>,
  paths: Iterable<string>,
  now: number,
  committed: ReadonlyMap<string, number> = new Map(),
): (Problem & { isForced: boolean })[] {
  const followsOn = (event: PortEvent) =>
    event.version > 1 && events.get(eventPath(event, event.version - 1))?.at === event.at;
  // All events of a command have one time: if one of them was forced to take it, all were.
  const forced = new Set([...events.values()].filter(followsOn).flatMap(({ batch }) => batch ?? []));
  return [...paths].flatMap((path) => {
    const event = events.get(path);
    if (!event) return [];
    const at = Date.parse(event.at);
    const isForced = followsOn(event) || forced.has(event.batch ?? '');
    const commit = committed.get(path);
    const say = (code: 'TIME_FUTURE' | 'CLAIMED_TIME', message: string) => [
      { code, path, message, isForced },
    ];
    if (at > now + DAY) return say('TIME_FUTURE', `${event.at} is in the future`);
    if (commit !== undefined && at > commit + DAY)
      return say('CLAIMED_TIME', `${event.at} is after its commit of ${new Date(commit).toISOString()}`);
    const id = timeOfId(event.id);
    if (Math.abs(id - at) > DAY)
      return say('CLAIMED_TIME', `its time is ${event.at}, but its id was created at ${isoOf(id)}`);
    return [];
  });
}

function isoOf(time: number): string {
  return time < 8.64e15 ? new Date(time).toISOString() : 'an invalid time';
}
