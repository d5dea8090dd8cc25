import { COMMIT_DIGITS, type Columns, TYPES } from './columns.js';

export interface MapEvent {
  index: number;
  type: (typeof TYPES)[number];
  port: number;
  protocol: 'tcp' | 'udp';
  /** Milliseconds since 1970. */
  at: number;
  resource: string;
  name: string;
  owner: string;
  by: string;
  reason: string;
  pullRequest: string;
  /** `signed`, or what is wrong with a signature; empty without one. */
  signature: string;
  commit: string;
  /** The other port of a move, 0 for none. */
  other: number;
  lease: number;
}

/** Indexed access to columns: by event, by step, and by stream; streams are numbered in order of appearance. */
export class MapHistory {
  readonly length: number;
  /** Milliseconds since 1970, one per event. */
  readonly times: Float64Array;
  readonly streams: Int32Array;
  /** Per stream: port times two, plus one for udp. */
  readonly keys: number[] = [];
  /** Number of events up to the end of each step, starting with the empty step 0. */
  readonly ends: Int32Array;
  readonly #streamOf = new Map<number, number>();

  constructor(readonly columns: Columns) {
    this.length = columns.types.length;
    this.times = new Float64Array(this.length);
    this.streams = new Int32Array(this.length);
    this.ends = new Int32Array(columns.steps.length + 1);
    let time = 0;
    for (let index = 0; index < this.length; index++) {
      time += columns.times[index]!;
      this.times[index] = time;
      this.streams[index] = this.#stream(columns.ports[index]!);
    }
    for (const [step, count] of columns.steps.entries()) this.ends[step + 1] = this.ends[step]! + count;
  }

  get steps(): number {
    return this.columns.steps.length;
  }

  streamOf(port: number, protocol: 'tcp' | 'udp'): number | undefined {
    return this.#streamOf.get(port * 2 + (protocol === 'udp' ? 1 : 0));
  }

  event(index: number): MapEvent {
    const { columns } = this;
    const text = (column: number[]) => columns.strings[column[index]!] ?? '';
    const commit = columns.commits.slice(index * COMMIT_DIGITS, (index + 1) * COMMIT_DIGITS);
    return {
      index,
      type: TYPES[columns.types[index]!]!,
      port: columns.ports[index]! >> 1,
      protocol: columns.ports[index]! & 1 ? 'udp' : 'tcp',
      at: this.times[index]!,
      resource: text(columns.resources),
      name: text(columns.names),
      owner: text(columns.owners),
      by: text(columns.people),
      reason: text(columns.reasons),
      pullRequest: text(columns.pullRequests),
      signature: text(columns.signatures),
      commit: /^0+$/.test(commit) ? '' : commit,
      other: columns.others[index]!,
      lease: columns.leases[index]!,
    };
  }

  /** The events of one step, that is of one command. Step 0 has none. */
  eventsOf(step: number): MapEvent[] {
    const [from, to] = [this.ends[step - 1] ?? 0, this.ends[step]!];
    return Array.from({ length: to - from }, (_, index) => this.event(from + index));
  }

  ofPort(port: number, count: number): MapEvent[] {
    const found: MapEvent[] = [];
    for (let index = count - 1; index >= 0; index--)
      if (this.columns.ports[index]! >> 1 === port) found.push(this.event(index));
    return found;
  }

  /** The step of an event; the first step is 1. */
  stepOf(index: number): number {
    return lowest(this.steps, (step) => this.ends[step]! > index);
  }

  /** The steps that changed one of the ports, lowest first. */
  stepsOf(includes: (port: number) => boolean): number[] {
    const found = new Set<number>();
    for (let step = 1; step <= this.steps; step++)
      for (let index = this.ends[step - 1]!; index < this.ends[step]!; index++)
        if (includes(this.columns.ports[index]! >> 1)) found.add(step);
    return [...found];
  }

  /** The last step at or before a time, in milliseconds since 1970. */
  stepAt(time: number): number {
    return lowest(this.steps + 1, (step) => step > 0 && this.times[this.ends[step]! - 1]! > time) - 1;
  }

  #stream(key: number): number {
    const known = this.#streamOf.get(key);
    if (known !== undefined) return known;
    this.#streamOf.set(key, this.keys.length);
    return this.keys.push(key) - 1;
  }
}

/** Binary search: the lowest number from 0 on that fits, provided all greater ones do; `end` if none does. */
function lowest(end: number, fits: (at: number) => boolean): number {
  let [low, high] = [0, end];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fits(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
