import type { PortEvent } from './event.js';
import { type PortKey, portKey } from './port.js';

export interface Place {
  /** ISO time of the event, or of an earlier event of its stream if that is later. */
  time: string;
  id: string;
  /** Id of the first event of its command, if the command has several. */
  batch?: string | undefined;
  stream: number | string;
  version: number;
}

/**
 * The one order of all events, used by `log`, `who`, `replay` and all reads at a past time: by time; at equal times a command follows the commands
 * that it follows in any stream, otherwise the lower id comes first. The events of a command stay together, ordered by id. Sorts in place.
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

/** Events in that order, oldest first. An event counts from its own time, but never before an earlier one of its stream. */
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

/** Orders events of equal time: each command after those that precede it in its streams, else by id. */
function settle<T>(placed: Placed<T>[], start: number, end: number): void {
  const run = placed.slice(start, end);
  const ids = [...new Set(run.map(({ place }) => commandOf(place)))].sort();
  const ranks = new Map(ids.map((id, rank) => [id, rank]));
  const rankOf = ({ place }: Placed<T>) => ranks.get(commandOf(place))!;
  const commands: Placed<T>[][] = ids.map(() => []);
  const streams = new Map<number | string, Placed<T>[]>();
  for (const it of run) {
    commands[rankOf(it)]!.push(it);
    const stream = streams.get(it.place.stream);
    if (stream) stream.push(it);
    else streams.set(it.place.stream, [it]);
  }
  const [followers, waits] = [ids.map((): number[] => []), ids.map(() => 0)];
  for (const own of streams.values()) {
    own.sort((a, b) => a.place.version - b.place.version);
    for (let index = 1; index < own.length; index++) {
      const [before, after] = [rankOf(own[index - 1]!), rankOf(own[index]!)];
      if (before === after) continue;
      followers[before]!.push(after);
      waits[after]!++;
    }
  }
  const ready = new Lowest();
  for (const [rank, count] of waits.entries()) if (count === 0) ready.add(rank);
  const done = new Set<number>();
  for (let [at, lowest] = [start, 0]; done.size < ids.length; ) {
    while (done.has(lowest)) lowest++;
    // Commands that wait for each other were not written by vports: the lower id goes first.
    const rank = ready.take() ?? lowest;
    if (done.has(rank)) continue;
    done.add(rank);
    for (const it of commands[rank]!.sort(withinCommand)) placed[at++] = it;
    for (const next of followers[rank]!) if (--waits[next]! === 0) ready.add(next);
  }
}

function withinCommand<T>({ place: a }: Placed<T>, { place: b }: Placed<T>): number {
  return a.stream === b.stream ? a.version - b.version : byId(a, b);
}

/** A binary min-heap: a clock that stopped may have put thousands of events at one time. */
class Lowest {
  readonly #heap: number[] = [];

  add(value: number): void {
    const heap = this.#heap;
    let at = heap.push(value) - 1;
    for (let above = (at - 1) >> 1; at > 0 && heap[above]! > value; above = (at - 1) >> 1) {
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = value;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const [lowest, last] = [heap[0], heap.pop()];
    if (heap.length === 0 || last === undefined) return lowest;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      if (below + 1 < heap.length && heap[below + 1]! < heap[below]!) below++;
      if (heap[below]! >= last) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return lowest;
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
