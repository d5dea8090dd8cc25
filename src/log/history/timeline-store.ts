import type { PortEvent } from '../../../events/event.js';
import type { Place } from '../../../events/order.js';
import type { Holding } from '../../../events/stream.js';
import { world } from '../../world/index.js';
import type { Origin } from '../event-log.js';
import type { Cache } from '../fold/cache.js';
import { numberOf } from './event-number.js';

/** An event with its effective time and its origin. */
export interface TimelineEntry {
  event: PortEvent;
  origin: Origin;
  /** ISO time of the event, or of an earlier one of its stream, if that is later. */
  time: string;
}

export interface EventText {
  text: Buffer;
  number: number;
  id: string;
  /** Effective ISO time; null if it is the event's own. */
  time: string | null;
  from: string;
}

export interface Chunk {
  key: string;
  count: number;
  /** Effective times of the first and last entry. */
  first: string;
  last: string;
}

/** The table of contents: the timeline's commit, and its parts. */
export interface Contents {
  head: string;
  /** The tree of `events/` of that commit; undefined if there are no events. */
  events: string | undefined;
  /** Paths and oids of counting versions that differ from that tree. */
  counted?: string | undefined;
  chunks: Chunk[];
  /** By index of a chunk: key of the holdings before it. */
  states: Record<number, string>;
  /** By path of a block: key of the origins of its events. */
  origins: Record<string, string>;
}

export function placeOf({ time, event }: Pick<TimelineEntry, 'time' | 'event'>): Place {
  const { id, batch, version } = event;
  return { time, id, batch, version, stream: numberOf(event, 0) };
}

type Stored = [PortEvent, string, string | null, string | null];

/** A timeline in the cache. Keys of parts are random: a reader with an older table of contents finds the right parts or none. */
export class TimelineStore {
  constructor(
    private readonly cache: Cache,
    private readonly name: string,
  ) {}

  contents(): Contents | undefined {
    return this.cache.load(`timeline ${this.name}`) as Contents | undefined;
  }

  /** Replaces the table of contents, and deletes parts that it no longer names. */
  saveContents(contents: Contents, before: Contents | undefined): void {
    this.cache.save(`timeline ${this.name}`, contents);
    const kept = new Set(partsOf(contents));
    for (const key of before ? partsOf(before) : []) if (!kept.has(key)) this.cache.drop(this.#part(key));
  }

  entries({ key }: Chunk): TimelineEntry[] | undefined {
    const stored = this.cache.loadPacked(this.#part(key)) as Stored[] | undefined;
    return stored?.map(([event, commit, via, time]) => ({
      event,
      origin: { commit, ...(via !== null && { via }) },
      time: time ?? event.at,
    }));
  }

  saveChunk(entries: TimelineEntry[]): Chunk {
    const key = newKey();
    const stored = entries.map(
      ({ event, origin, time }): Stored => [
        event,
        origin.commit,
        origin.via ?? null,
        time === event.at ? null : time,
      ],
    );
    this.cache.savePacked(this.#part(key), stored);
    return {
      key,
      count: entries.length,
      first: entries[0]!.time,
      last: entries.at(-1)!.time,
    };
  }

  /** As saveChunk, from the JSON texts of events, which are concatenated unparsed. */
  saveTexts(entries: (EventText & { origin: Origin })[]): { chunk: Chunk; saved: Promise<void> } {
    const key = newKey();
    const pieces: Buffer[] = [];
    let before = '[[';
    for (const { text, origin, time } of entries) {
      pieces.push(Buffer.from(before, 'latin1'), text);
      before = `,"${origin.commit}",${origin.via ? `"${origin.via}"` : null},${time && `"${time}"`}],[`;
    }
    pieces.push(Buffer.from(`${before.slice(0, -2)}]`, 'latin1'));
    const saved = this.cache.savePackedJson(this.#part(key), Buffer.concat(pieces));
    return {
      chunk: { key, count: entries.length, first: entries[0]!.from, last: entries.at(-1)!.from },
      saved,
    };
  }

  origins(key: string): Map<string, Origin> | undefined {
    const stored = this.cache.loadPacked(this.#part(key)) as [string, string, string?][] | undefined;
    return stored && new Map(stored.map(([id, commit, via]) => [id, { commit, ...(via && { via }) }]));
  }

  saveOrigins(origins: Iterable<[string, Origin]>): string {
    const key = newKey();
    const stored = [...origins].map(([id, { commit, via }]) => [id, commit, ...(via ? [via] : [])]);
    this.cache.savePacked(this.#part(key), stored);
    return key;
  }

  state(key: string): Holding[] | undefined {
    return this.cache.loadPacked(this.#part(key)) as Holding[] | undefined;
  }

  saveState(held: Iterable<Holding>): string {
    const key = newKey();
    this.cache.savePacked(this.#part(key), [...held]);
    return key;
  }

  #part(key: string): string {
    return `timeline-part ${key}`;
  }
}

function partsOf({ chunks, states, origins }: Contents): string[] {
  return [...chunks.map(({ key }) => key), ...Object.values(states), ...Object.values(origins)];
}

function newKey(): string {
  return world.randomBytes(8).toString('hex');
}
