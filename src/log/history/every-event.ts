import { EVENTS, isEventPath, versionOfFile } from '../../../events/event-path.js';
import { type Place, sortEvents } from '../../../events/order.js';
import type { Progress } from '../../progress.js';
import type { Objects } from '../git/objects.js';
import { listFiles, readTexts } from '../git/program/bulk-read.js';
import { hasGit } from '../git/program/git-program.js';
import { filesIn } from '../git/tree-difference.js';
import { numberOf, refOf } from './event-number.js';
import { KeptTexts } from './kept-texts.js';
import { TimedStream } from './timed-stream.js';
import type { EventText, TimelineEntry } from './timeline-store.js';

/**
 * All readable events below a tree, with the blobs of `counted` at their paths (from the registry's root). By git, else object by object.
 * Throws LOG_TOO_NEW.
 */
export async function everyEvent(
  gitdir: string,
  objects: Objects,
  events: string,
  { progress, counted }: { progress: Progress | undefined; counted: ReadonlyMap<string, string> },
): Promise<EveryEvent> {
  const files =
    (hasGit() && (await listFiles(gitdir, events, isEventPath))) || (await filesIn(objects, events));
  const sorted = withCounted(files, counted)
    .map(({ oid, path }) => {
      const slash = path.lastIndexOf('/');
      return { oid, folder: path.slice(0, slash), version: versionOfFile(path.slice(slash + 1)) ?? 0 };
    })
    .filter(({ version }) => version > 0)
    .sort((a, b) => (a.folder === b.folder ? a.version - b.version : a.folder < b.folder ? -1 : 1));
  let found = new EveryEvent();
  let [folder, stream] = ['', new TimedStream()];
  const take = (text: string | undefined, index: number, bytes?: Buffer) => {
    if (sorted[index]!.folder !== folder) [folder, stream] = [sorted[index]!.folder, new TimedStream()];
    const it = stream.next(text);
    if (it) found.add(it, bytes ?? Buffer.from(text!));
    if (index % 1_000 === 0) progress?.({ done: index, total: sorted.length });
  };
  try {
    const oids = sorted.map(({ oid }) => oid);
    if (hasGit() && (await readTexts(gitdir, oids, take))) return found.sorted();
    found.close();
    found = new EveryEvent();
    [folder, stream] = ['', new TimedStream()];
    for (const [index, oid] of oids.entries()) take((await objects.readEvents([oid])).get(oid), index);
    return found.sorted();
  } catch (error) {
    found.close();
    throw error;
  }
}

function withCounted(
  files: { oid: string; path: string }[],
  counted: ReadonlyMap<string, string>,
): { oid: string; path: string }[] {
  if (counted.size === 0) return files;
  const own = [...counted].map(([path, oid]) => ({ path: path.slice(EVENTS.length + 1), oid }));
  const replaced = new Set(own.map(({ path }) => path));
  return [...files.filter(({ path }) => !replaced.has(path)), ...own];
}

/** The events of all streams. Keeps only their order in memory, which would not hold the texts of a million events. */
export class EveryEvent {
  /** Effective time and id; number; and command, if that has several events. */
  readonly #keys: string[] = [];
  readonly #numbers: number[] = [];
  readonly #batches = new Map<number, string>();
  /** Events whose effective time is not their own. */
  readonly #late = new Set<number>();
  readonly #texts = new KeptTexts();
  #order: number[] = [];

  add({ event, time }: Omit<TimelineEntry, 'origin'>, text: Buffer): void {
    const index = this.#keys.push(`${time} ${event.id}`) - 1;
    if (event.batch !== undefined) this.#batches.set(index, event.batch);
    this.#numbers.push(numberOf(event, event.version));
    if (time !== event.at) this.#late.add(index);
    this.#texts.put(text);
  }

  sorted(): this {
    this.#order = sortEvents(
      Array.from(this.#keys, (_, index) => index),
      (index) => this.#placeOf(index),
    );
    return this;
  }

  #placeOf(index: number): Place {
    const key = this.#keys[index]!;
    const space = key.indexOf(' ');
    const number = this.#numbers[index]!;
    const stream = numberOf(refOf(number), 0);
    const [time, id] = [key.slice(0, space), key.slice(space + 1)];
    return { time, id, batch: this.#batches.get(index), stream, version: number - stream };
  }

  *inOrder(): Generator<EventText> {
    for (const index of this.#order) {
      const { time: from, id } = this.#placeOf(index);
      const time = this.#late.has(index) ? from : null;
      yield { text: this.#texts.get(index), number: this.#numbers[index]!, id, time, from };
    }
  }

  close(): void {
    this.#texts.close();
  }
}
