import type { Progress } from '../progress.js';
import type { Cache } from './cache.js';
import type { FoldedBlock } from './fold.js';
import type { Folded } from './folded.js';
import { hasGit } from './git-program.js';
import type { Objects } from './objects.js';
import { type Block, blockPath, EVENTS } from './paths.js';

/** From so many blocks on it is quicker to have git list and read all of them than to look into each. */
const MANY = 16;
const NOTHING: FoldedBlock = { streams: [], damaged: [] };

/** A block and the tree object it is read from. */
export interface BlockAt {
  block: Block;
  oid: string;
}

/** Folded blocks: those of this process, those in the cache, and the rest from their events. */
export class Blocks {
  readonly #objects: Objects;
  readonly #cache: Cache;
  readonly #progress: Progress | undefined;
  readonly #folded = new Map<string, FoldedBlock>();
  /** Names of blocks not yet in the cache, with the name of the entry they take the place of. */
  readonly #unsaved = new Map<string, string | undefined>();

  constructor(objects: Objects, cache: Cache, progress: Progress | undefined) {
    this.#objects = objects;
    this.#cache = cache;
    this.#progress = progress;
  }

  /**
   * `known` says which entries of the cache the new ones take the place of; `events` is the tree that all of them are below.
   * Throws LOG_TOO_NEW, LOG_DAMAGED.
   */
  async get(wanted: BlockAt[], known?: Folded, events?: string): Promise<FoldedBlock[]> {
    const missing = wanted.filter((it) => !this.#at(it));
    const all =
      !known && events && missing.length >= MANY && hasGit() ? await this.#foldAll(events) : undefined;
    if (all) {
      for (const it of missing)
        this.put(it, all.get(blockPath(it.block).slice(EVENTS.length + 1)) ?? NOTHING, known);
    } else if (missing.length > 0) {
      const { foldBlocks } = await import('./fold.js');
      const folded = await foldBlocks(
        this.#objects,
        missing.map((it) => ({ ...it, before: known && this.#before(it.block, known) })),
      );
      for (const [index, it] of missing.entries()) this.put(it, folded[index]!, known);
    }
    return wanted.map((it) => this.#at(it)!);
  }

  put(at: BlockAt, folded: FoldedBlock, known: Folded | undefined): void {
    const name = nameOf(at);
    const before = known && oidOf(known, at.block);
    const old = before && nameOf({ block: at.block, oid: before });
    this.#folded.set(name, folded);
    this.#unsaved.set(name, old && this.#unsaved.has(old) ? this.#unsaved.get(old) : old);
    if (old) {
      this.#folded.delete(old);
      this.#unsaved.delete(old);
    }
  }

  save(): void {
    for (const [name, old] of this.#unsaved) {
      this.#cache.save(name, this.#folded.get(name));
      if (old) this.#cache.drop(old);
    }
    this.#unsaved.clear();
  }

  async #foldAll(events: string): Promise<Map<string, FoldedBlock> | undefined> {
    const { foldAll } = await import('./fold-all.js');
    return foldAll(this.#objects.commondir, events, this.#progress);
  }

  #before(block: Block, known: Folded): { oid: string; folded: FoldedBlock } | undefined {
    const oid = oidOf(known, block);
    const folded = oid === undefined ? undefined : this.#at({ block, oid });
    return oid !== undefined && folded ? { oid, folded } : undefined;
  }

  #at(at: BlockAt): FoldedBlock | undefined {
    const name = nameOf(at);
    const folded = this.#folded.get(name) ?? (this.#cache.load(name) as FoldedBlock | undefined);
    if (folded) this.#folded.set(name, folded);
    return folded;
  }
}

/** The tree object of a block, or undefined where nothing ever happened in it. */
export function oidOf(folded: Folded, { protocol, thousands, hundreds }: Block): string | undefined {
  return folded.folders.get(`${protocol}/${thousands}`)?.blocks[hundreds];
}

function nameOf({ block: { protocol, hundreds }, oid }: BlockAt): string {
  return `block ${protocol} ${hundreds} ${oid}`;
}
