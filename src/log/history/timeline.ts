import type { PortEvent } from '../../../events/event.js';
import { blockOf, blockPath, EVENTS, pathOf, versionOfFile } from '../../../events/event-path.js';
import { sortEvents } from '../../../events/order.js';
import { type PortKey, type PortRef, portKey } from '../../../events/port.js';
import { holdingAfter } from '../../../events/reducer.js';
import { BrokenStream, type Holding } from '../../../events/stream.js';
import { allDone } from '../../all-done.js';
import type { Progress } from '../../progress.js';
import type { History, Origin } from '../event-log.js';
import { Cache } from '../fold/cache.js';
import { isAncestor } from '../git/ancestry.js';
import type { Objects } from '../git/objects.js';
import type { Repository } from '../git/repository.js';
import { treeDifference } from '../git/tree-difference.js';
import { refOf } from './event-number.js';
import { EveryEvent, everyEvent } from './every-event.js';
import { everyOrigin } from './every-origin.js';
import { originsOf } from './provenance.js';
import { TimedStream } from './timed-stream.js';
import {
  type Chunk,
  type Contents,
  type EventText,
  placeOf,
  type TimelineEntry,
  TimelineStore,
} from './timeline-store.js';

/** Entries per part: a command that shows the newest twenty reads one part. */
const PART = 512;
/** Parts between two saved states: reads at a past time fold no more than that. */
const STATE_EVERY = 2;

/**
 * All events of a branch in order of time, with their origins: a cached projection that is extended for a new head. Rebuilt for a head
 * that does not build on the last one.
 */
export class Timeline implements History {
  readonly #name: string;
  #store: TimelineStore;
  #contents: Contents | undefined;
  #counted: ReadonlyMap<string, string> = new Map();

  constructor(
    private readonly repository: Repository,
    private readonly objects: Objects,
    cache: Cache,
    ref: string,
    private readonly progress?: Progress,
  ) {
    this.#name = `${repository.prefix} ${ref}`;
    this.#store = new TimelineStore(cache, this.#name);
  }

  /** Updates the timeline to a commit. `events` is its tree of events, `counted` the counting versions that differ from it. */
  async bringTo(
    head: string,
    events: string | undefined,
    counted: ReadonlyMap<string, string> = new Map(),
  ): Promise<void> {
    this.#contents ??= this.#store.contents();
    this.#counted = counted;
    const others = nameOf(counted);
    if (this.#contents && (this.#contents.counted ?? '') !== others) {
      this.#contents = await this.#rebuilt(head, events);
      return;
    }
    if (this.#contents?.head === head) return;
    this.#contents =
      (this.#contents && (await this.#grown(this.#contents, head, events))) ??
      (await this.#rebuilt(head, events));
  }

  async *newestFirst(): AsyncGenerator<TimelineEntry> {
    for (let index = this.#parts().length - 1; index >= 0; index--)
      yield* [...(await this.#entries(index))].reverse();
  }

  async *oldestFirst(): AsyncGenerator<TimelineEntry> {
    for (let index = 0; index < this.#parts().length; index++) yield* await this.#entries(index);
  }

  async originsOf(events: (PortRef & { id: string })[]): Promise<Map<string, Origin>> {
    const found = new Map<string, Origin>();
    const blocks = new Map<string, Map<string, Origin>>();
    for (const event of events) {
      const block = blockPath(blockOf(event));
      const origins = blocks.get(block) ?? (await this.#originsIn(block));
      blocks.set(block, origins);
      const origin = origins.get(event.id);
      if (origin) found.set(event.id, origin);
    }
    return found;
  }

  async heldAt(time: number): Promise<Holding[]> {
    const until = new Date(time).toISOString();
    const parts = this.#parts();
    const after = parts.findIndex(({ first }) => first > until);
    const end = after < 0 ? parts.length : after;
    const known = Object.entries(this.#contents!.states)
      .map(([index, key]) => ({ index: Number(index), key }))
      .filter(({ index }) => index < end)
      .sort((a, b) => b.index - a.index);
    let [start, held] = [0, new Map<PortKey, Holding>()];
    for (const { index, key } of known) {
      const state = this.#store.state(key);
      if (!state) continue;
      [start, held] = [index, new Map(state.map((it) => [portKey(it), it]))];
      break;
    }
    const states: Record<number, string> = {};
    for (let index = start; index < end; index++) {
      if (index > start && index % STATE_EVERY === 0 && this.#contents!.states[index] === undefined)
        states[index] = this.#store.saveState(held.values());
      for (const entry of await this.#entries(index)) {
        if (entry.time > until) break;
        change(held, entry.event);
      }
    }
    if (Object.keys(states).length > 0) {
      const before = this.#contents!;
      this.#contents = { ...before, states: { ...before.states, ...states } };
      this.#store.saveContents(this.#contents, before);
    }
    return [...held.values()];
  }

  #parts(): Chunk[] {
    return this.#contents!.chunks;
  }

  async #entries(index: number): Promise<TimelineEntry[]> {
    return this.#part((store, { chunks }) => store.entries(chunks[index]!));
  }

  async #originsIn(block: string): Promise<Map<string, Origin>> {
    return this.#part((store, { origins }) => (origins[block] ? store.origins(origins[block]) : new Map()));
  }

  /** If another process has replaced a part or it is damaged, all parts are rebuilt, in memory, where nobody else can delete them. */
  async #part<T>(load: (store: TimelineStore, contents: Contents) => T | undefined): Promise<T> {
    const known = load(this.#store, this.#contents!);
    if (known) return known;
    const { head, events } = this.#contents!;
    this.#store = new TimelineStore(new Cache(this.repository.commondir, { onDisk: false }), this.#name);
    this.#contents = await this.#rebuilt(head, events);
    return load(this.#store, this.#contents)!;
  }

  /** Undefined if the new head does more than add events. */
  async #grown(before: Contents, head: string, events: string | undefined): Promise<Contents | undefined> {
    if (!(await isAncestor(this.objects, before.head, head))) return undefined;
    const differences = await treeDifference(this.objects, before.events, events, EVENTS);
    if (differences.some((it) => it.before !== undefined)) return undefined;
    const added = await this.#timed(
      events,
      differences.map(({ path }) => path),
    );
    const origins = await originsOf(
      this.repository,
      this.objects,
      { head, since: before.head },
      added.map(({ event }) => pathOf(event)),
    );
    return this.#inserted(
      before,
      head,
      events,
      added.flatMap((it) => withOrigin(it, origins)),
    );
  }

  /** The events at these paths with their times, without those after an unreadable event. */
  async #timed(events: string | undefined, paths: string[]): Promise<Omit<TimelineEntry, 'origin'>[]> {
    const wanted = new Set(paths);
    const found: Omit<TimelineEntry, 'origin'>[] = [];
    for (const folder of new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))))) {
      const tree = events && (await this.objects.treeAt(events, folder.slice(EVENTS.length + 1)));
      const files = (tree ? await this.objects.readTree(tree) : [])
        .map(({ name, oid }) => ({ version: versionOfFile(name), oid }))
        .filter((it): it is { version: number; oid: string } => it.version !== undefined)
        .sort((a, b) => a.version - b.version);
      const texts = await this.objects.readEvents(files.map(({ oid }) => oid));
      const stream = new TimedStream();
      for (const { oid } of files) {
        const it = stream.next(texts.get(oid));
        if (it && wanted.has(pathOf(it.event))) found.push(it);
      }
    }
    return found;
  }

  #inserted(
    before: Contents,
    head: string,
    events: string | undefined,
    added: TimelineEntry[],
  ): Contents | undefined {
    const first = added.reduce<string | undefined>(
      (least, { time }) => (least === undefined || time < least ? time : least),
      undefined,
    );
    let index = before.chunks.length;
    // Entries with the same time may have to follow the new ones.
    while (index > 0 && first !== undefined && before.chunks[index - 1]!.last >= first) index--;
    // Also extends a last part that is not full.
    if (index > 0 && before.chunks[index - 1]!.count < PART) index--;
    const moved: TimelineEntry[] = [];
    for (const chunk of before.chunks.slice(index)) {
      const entries = this.#store.entries(chunk);
      if (!entries) return undefined;
      moved.push(...entries);
    }
    const states = Object.entries(before.states).filter(([at]) => Number(at) <= index);
    const origins = { ...before.origins };
    for (const [block, own] of byBlock(added)) {
      const known = origins[block] === undefined ? [] : this.#store.origins(origins[block]);
      if (!known) return undefined;
      origins[block] = this.#store.saveOrigins([...known, ...own]);
    }
    const contents: Contents = {
      head,
      events,
      counted: before.counted,
      chunks: [...before.chunks.slice(0, index), ...this.#saved(sortEvents([...moved, ...added], placeOf))],
      states: Object.fromEntries(states),
      origins,
    };
    this.#store.saveContents(contents, before);
    return contents;
  }

  async #rebuilt(head: string, events: string | undefined): Promise<Contents> {
    const before = this.#store.contents();
    const [all, origins] = await allDone([
      events === undefined
        ? new EveryEvent()
        : everyEvent(this.repository.commondir, this.objects, events, {
            progress: this.progress,
            counted: this.#counted,
          }),
      everyOrigin(this.repository, this.objects, head),
    ]);
    try {
      const chunks: Chunk[] = [];
      const blocks = new Map<string, [string, Origin][]>();
      let part: (EventText & { origin: Origin })[] = [];
      // Two parts are saved while the next one is built: more would fill the memory.
      const saving: Promise<void>[] = [];
      const save = async () => {
        if (part.length === 0) return;
        const { chunk, saved } = this.#store.saveTexts(part);
        chunks.push(chunk);
        saving.push(saved);
        part = [];
        if (saving.length > 2) await saving.shift();
      };
      for (const it of all.inOrder()) {
        const origin = origins.of(it.number);
        if (!origin) continue;
        part.push({ ...it, origin });
        gather(blocks, refOf(it.number), [it.id, origin]);
        if (part.length === PART) await save();
      }
      await save();
      await allDone(saving);
      const saved = [...blocks].map(([block, own]) => [block, this.#store.saveOrigins(own)]);
      const counted = nameOf(this.#counted);
      const contents: Contents = {
        head,
        events,
        counted,
        chunks,
        states: {},
        origins: Object.fromEntries(saved),
      };
      this.#store.saveContents(contents, before);
      return contents;
    } finally {
      all.close();
    }
  }

  #saved(entries: TimelineEntry[]): Chunk[] {
    const chunks: Chunk[] = [];
    for (let at = 0; at < entries.length; at += PART)
      chunks.push(this.#store.saveChunk(entries.slice(at, at + PART)));
    return chunks;
  }
}

function nameOf(counted: ReadonlyMap<string, string>): string {
  return [...counted].map((it) => it.join(' ')).join('\n');
}

function byBlock(entries: TimelineEntry[]): Map<string, [string, Origin][]> {
  const blocks = new Map<string, [string, Origin][]>();
  for (const { event, origin } of entries) gather(blocks, event, [event.id, origin]);
  return blocks;
}

function gather(blocks: Map<string, [string, Origin][]>, ref: PortRef, brought: [string, Origin]): void {
  const block = blockPath(blockOf(ref));
  const own = blocks.get(block);
  if (own) own.push(brought);
  else blocks.set(block, [brought]);
}

function withOrigin(
  it: Omit<TimelineEntry, 'origin'>,
  origins: ReadonlyMap<string, Origin>,
): TimelineEntry[] {
  const origin = origins.get(pathOf(it.event));
  return origin ? [{ ...it, origin }] : [];
}

function change(held: Map<PortKey, Holding>, event: PortEvent): void {
  const key = portKey(event);
  try {
    const after = holdingAfter(held.get(key) ?? null, event);
    if (after) held.set(key, after);
    else held.delete(key);
  } catch (error) {
    // A damaged stream counts for nothing until a release ends the damage.
    if (!(error instanceof BrokenStream)) throw error;
    if (event.type === 'port.released') held.delete(key);
  }
}
