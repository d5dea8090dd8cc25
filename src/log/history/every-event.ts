import { isEventPath, versionOfFile } from '../../../events/event-path.js';
import type { Progress } from '../../progress.js';
import type { Objects } from '../git/objects.js';
import { listFiles, readTexts } from '../git/program/bulk-read.js';
import { hasGit } from '../git/program/git-program.js';
import { treeDifference } from '../git/tree-difference.js';
import { TimedStream } from './timed-stream.js';
import { sortingKey } from './timeline-store.js';

/** Every event below a tree that can be read, stream by stream. By git, else object by object. Throws LOG_TOO_NEW. */
export async function everyEvent(
  gitdir: string,
  objects: Objects,
  events: string,
  progress: Progress | undefined,
): Promise<EventText[]> {
  const files =
    (hasGit() && (await listFiles(gitdir, events, isEventPath))) || (await walked(objects, events));
  const sorted = files
    .map(({ oid, path }) => {
      const slash = path.lastIndexOf('/');
      return { oid, folder: path.slice(0, slash), version: versionOfFile(path.slice(slash + 1)) ?? 0 };
    })
    .filter(({ version }) => version > 0)
    .sort((a, b) => (a.folder === b.folder ? a.version - b.version : a.folder < b.folder ? -1 : 1));
  const found: EventText[] = [];
  const slabs = new Slabs();
  let [folder, stream] = ['', new TimedStream()];
  const take = (text: string | undefined, index: number) => {
    if (sorted[index]!.folder !== folder) [folder, stream] = [sorted[index]!.folder, new TimedStream()];
    const it = stream.next(text);
    if (it) found.push({ key: sortingKey(it), ...slabs.put(text!) });
    if (index % 1_000 === 0) progress?.({ done: index, total: sorted.length });
  };
  const oids = sorted.map(({ oid }) => oid);
  if (hasGit() && (await readTexts(gitdir, oids, take))) return found;
  found.length = 0;
  [folder, stream] = ['', new TimedStream()];
  for (const [index, oid] of oids.entries()) take((await objects.readEvents([oid])).get(oid), index);
  return found;
}

async function walked(objects: Objects, events: string): Promise<{ oid: string; path: string }[]> {
  const differences = await treeDifference(objects, undefined, events);
  return differences.map(({ path, after }) => ({ path, oid: after! }));
}

/** The text of an event, and where the event stands among all others. */
interface EventText extends Slice {
  /** Sorting key. */
  key: string;
}

interface Slice {
  slab: Buffer;
  start: number;
  end: number;
}

/** Texts in few large pieces of memory: as strings of their own 100,000 of them take three times the room. */
class Slabs {
  #slab = Buffer.alloc(0);
  #used = 0;

  put(text: string): Slice {
    const length = Buffer.byteLength(text);
    if (this.#used + length > this.#slab.length) {
      this.#slab = Buffer.allocUnsafe(Math.max(length, 4 * 2 ** 20));
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += this.#slab.write(text, start);
    return { slab: this.#slab, start, end: this.#used };
  }
}
