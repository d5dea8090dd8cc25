import type { PortEvent } from './event.js';
import { type PortKey, portKey } from './port.js';

/** What an event is put in order by. */
export interface Place {
  /** ISO time that it counts from: its own, or that of an earlier event of its stream where that is later. */
  time: string;
  id: string;
  /** Id of the first event of its command, where that has several. */
  batch?: string | undefined;
  /** Its stream, however that is named. */
  stream: number | string;
  version: number;
}

/**
 * The one order of all events, which `log`, `who`, `replay` and every look at a time go by: by time; at one time a command comes after each
 * that it follows in a stream, and of those that nothing puts in order the one with the lower id comes first. The events of a command stand
 * together, by their ids. Sorts in place.
 */
export function sortEvents<T>(events: T[], placeOf: (event: T) => Place): T[] {
  const placed = events.map((event) => ({ event, place: placeOf(event) }));
  placed.sort(
    ({ place: a }, { place: b }) =>
      compareText(a.time, b.time) || compareText(commandOf(a), commandOf(b)) || byId(a, b),
  );
  for (let start = 0; start < placed.length; ) {
    let end = start + 1;
    while (end < placed.length && placed[end]!.place.time === placed[start]!.place.time) end++;
    const [first, last] = [placed[start]!, placed[end - 1]!];
    if (commandOf(first.place) !== commandOf(last.place)) settle(placed, start, end);
    start = end;
  }
  for (const [index, { event }] of placed.entries()) events[index] = event;
  return events;
}

/** Events in that order, the oldest first. Each counts from its own time, and never before one that came earlier in its stream. */
export function inTimeOrder<T extends PortEvent>(events: readonly T[]): T[] {
  const times = new Map<T, string>();
  const latest = new Map<PortKey, string>();
  for (const event of [...events].sort((a, b) => a.version - b.version)) {
    const before = latest.get(portKey(event)) ?? '';
    const time = event.at > before ? event.at : before;
    latest.set(portKey(event), time);
    times.set(event, time);
  }
  return sortEvents([...events], (event) => {
    const { id, batch, version } = event;
    return { time: times.get(event)!, id, batch, version, stream: portKey(event) };
  });
}

type Placed<T> = { event: T; place: Place };

/** Puts a run of one time in order: each command after those that its streams had before. */
function settle<T>(placed: Placed<T>[], start: number, end: number): void {
  const commands = new Map<string, Placed<T>[]>();
  const streams = new Map<number | string, Placed<T>[]>();
  for (const it of placed.slice(start, end)) {
    const command = commandOf(it.place);
    commands.set(command, [...(commands.get(command) ?? []), it]);
    streams.set(it.place.stream, [...(streams.get(it.place.stream) ?? []), it]);
  }
  const waitsFor = new Map<string, Set<string>>([...commands.keys()].map((it) => [it, new Set()]));
  for (const own of streams.values()) {
    own.sort((a, b) => a.place.version - b.place.version);
    for (const [index, { place }] of own.entries()) {
      const before = index > 0 ? commandOf(own[index - 1]!.place) : undefined;
      if (before !== undefined && before !== commandOf(place)) waitsFor.get(commandOf(place))!.add(before);
    }
  }
  // By id; few commands are of one millisecond. Two that wait for each other are no history that vports wrote: the lower id goes first.
  const open = new Set([...commands.keys()].sort());
  let at = start;
  while (open.size > 0) {
    const isReady = (command: string) => [...waitsFor.get(command)!].every((it) => !open.has(it));
    const [first] = open;
    const next = [...open].find(isReady) ?? first!;
    open.delete(next);
    for (const it of commands
      .get(next)!
      .sort(({ place: a }, { place: b }) => (a.stream === b.stream ? a.version - b.version : byId(a, b))))
      placed[at++] = it;
  }
}

function commandOf({ batch, id }: Place): string {
  return batch ?? id;
}

function byId(a: Place, b: Place): number {
  return compareText(a.id, b.id);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
