import type { Person } from '../../../events/envelope.js';
import type { NewEvent, PortEvent } from '../../../events/event.js';
import { type PortKey, portKey } from '../../../events/port.js';
import { idAfter } from './event-ids.js';

export interface StreamEnd {
  version: number;
  last: string;
  /** ISO time; empty before the first event. */
  at: string;
}

interface Stamp {
  by: Person;
  at: number;
  newId: (at: number) => string;
  /** The highest id in the log. */
  newest?: string | undefined;
}

/** Gives decided events their place in the log: id, version, `prev`, author, and a common time and batch. */
export function stamp(
  events: NewEvent[],
  ends: ReadonlyMap<PortKey, StreamEnd>,
  { by, at, newId, newest = '' }: Stamp,
): PortEvent[] {
  const time = commonTime(events, ends, at);
  const iso = new Date(time).toISOString();
  const growing = new Map(ends);
  const ids = laterThan(
    events.map(() => newId(time)),
    [newest, ...events.map((event) => ends.get(portKey(event))!.last)],
  );
  const common = { v: 1, by, at: iso, ...(events.length > 1 && { batch: ids[0]! }) };
  return events.map((event, index) => {
    const key = portKey(event);
    const end = growing.get(key)!;
    const id = ids[index]!;
    growing.set(key, { version: end.version + 1, last: id, at: iso });
    const own = { id, version: end.version + 1, prev: end.last || null };
    // V8 takes 7 µs to spread an object followed by more keys, and there may be thousands.
    return Object.assign({}, event, common, own) as PortEvent;
  });
}

/** The same ids, or later ones if an existing event of the same time has a higher id: ids of one time made by another process are random. */
function laterThan(ids: string[], there: string[]): string[] {
  const time = ids[0]?.slice(0, ID_TIME) ?? '';
  const last = there.reduce((most, id) => (id.startsWith(time) && id > most ? id : most), '');
  if (last === '' || ids[0]! > last) return ids;
  let id = idAfter(last, ids[0]!);
  return ids.map(() => {
    const own = id;
    id = idAfter(id);
    return own;
  });
}

const ID_TIME = 10;

/** Not before any event that they follow, even if a wrong clock put it far in the future. */
function commonTime(events: NewEvent[], ends: ReadonlyMap<PortKey, StreamEnd>, now: number): number {
  const before = events.map((event) => ends.get(portKey(event))!.at).filter(Boolean);
  return before.reduce((time, at) => Math.max(time, Date.parse(at)), now);
}
