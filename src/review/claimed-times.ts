import type { PortEvent } from '../../events/event.js';
import { eventPath } from '../../events/event-path.js';
import type { Problem } from './rules.js';

/** Two honest clocks are less than this apart, in milliseconds. */
const DAY = 86_400_000;
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The time in an id, in milliseconds since 1970: the first ten digits of a ULID (github.com/ulid/spec). */
export function timeOfId(id: string): number {
  return [...id.slice(0, 10)].reduce((time, digit) => time * 32 + DIGITS.indexOf(digit), 0);
}

/**
 * What the times of events claim that cannot be: not come yet, or made after the commit that has them (`committed`, milliseconds since
 * 1970, by path), or another time than their id's. `isForced` where the event had to take the time of the one before it.
 */
export function claimedTimes(
  events: ReadonlyMap<string, PortEvent>,
  paths: Iterable<string>,
  now: number,
  committed: ReadonlyMap<string, number> = new Map(),
): (Problem & { isForced: boolean })[] {
  const followsOn = (event: PortEvent) =>
    event.version > 1 && events.get(eventPath(event, event.version - 1))?.at === event.at;
  // All events of a command have one time: what one of them has to take, its partners have too.
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
    if (at > now + DAY) return say('TIME_FUTURE', `${event.at} has not come yet`);
    if (commit !== undefined && at > commit + DAY)
      return say(
        'CLAIMED_TIME',
        `${event.at} is after its commit, which is of ${new Date(commit).toISOString()}`,
      );
    const id = timeOfId(event.id);
    if (Math.abs(id - at) > DAY)
      return say('CLAIMED_TIME', `says ${event.at}, and its id was made at ${isoOf(id)}`);
    return [];
  });
}

function isoOf(time: number): string {
  return time < 8.64e15 ? new Date(time).toISOString() : 'no time at all';
}
