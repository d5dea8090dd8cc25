import type { PortEvent } from '../../../events/event.js';
import { isEventPath, versionOfFile } from '../../../events/event-path.js';
import type { Progress } from '../../progress.js';
import type { Objects } from '../git/objects.js';
import { listFiles, readTexts } from '../git/program/bulk-read.js';
import { hasGit } from '../git/program/git-program.js';
import { treeDifference } from '../git/tree-difference.js';
import { KeptTexts } from './kept-texts.js';
import { TimedStream } from './timed-stream.js';
import { sortingKey } from './timeline-store.js';

/** Every event below a tree that can be read, stream by stream. By git, else object by object. Throws LOG_TOO_NEW. */
export async function everyEvent(
  gitdir: string,
  objects: Objects,
  events: string,
  progress: Progress | undefined,
): Promise<EveryEvent> {
  const files =
    (hasGit() && (await listFiles(gitdir, events, isEventPath))) || (await walked(objects, events));
  const sorted = files
    .map(({ oid, path }) => {
      const slash = path.lastIndexOf('/');
      return { oid, folder: path.slice(0, slash), version: versionOfFile(path.slice(slash + 1)) ?? 0 };
    })
    .filter(({ version }) => version > 0)
    .sort((a, b) => (a.folder === b.folder ? a.version - b.version : a.folder < b.folder ? -1 : 1));
  let found = new EveryEvent();
  let [folder, stream] = ['', new TimedStream()];
  const take = (text: string | undefined, index: number) => {
    if (sorted[index]!.folder !== folder) [folder, stream] = [sorted[index]!.folder, new TimedStream()];
    const it = stream.next(text);
    if (it) found.add(sortingKey(it), text!);
    if (index % 1_000 === 0) progress?.({ done: index, total: sorted.length });
  };
  try {
    const oids = sorted.map(({ oid }) => oid);
    if (hasGit() && (await readTexts(gitdir, oids, take))) return found;
    found.close();
    found = new EveryEvent();
    [folder, stream] = ['', new TimedStream()];
    for (const [index, oid] of oids.entries()) take((await objects.readEvents([oid])).get(oid), index);
    return found;
  } catch (error) {
    found.close();
    throw error;
  }
}

async function walked(objects: Objects, events: string): Promise<{ oid: string; path: string }[]> {
  const differences = await treeDifference(objects, undefined, events);
  return differences.map(({ path, after }) => ({ path, oid: after! }));
}

/** An event, and the time that it counts from (ISO). */
export interface TimedEvent {
  event: PortEvent;
  time: string;
}

/** Events of all streams. Of each only its place in time is kept in memory: the text of a million of them does not fit there. */
export class EveryEvent {
  readonly #keys: string[] = [];
  readonly #texts = new KeptTexts();

  /** `key` sorts it. */
  add(key: string, text: string): void {
    this.#keys.push(key);
    this.#texts.put(text);
  }

  *inOrder(): Generator<TimedEvent> {
    const keys = this.#keys;
    const order = Uint32Array.from(keys, (_, index) => index);
    order.sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1));
    for (const index of order) {
      const key = keys[index]!;
      const event = JSON.parse(this.#texts.get(index)) as PortEvent;
      yield { event, time: key.slice(0, key.indexOf(' ')) };
    }
  }

  close(): void {
    this.#texts.close();
  }
}
