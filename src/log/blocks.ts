import type { Cache } from './cache.js';
import type { FoldedBlock } from './fold.js';
import type { Folded } from './folded.js';
import type { Objects } from './objects.js';
import type { Block } from './paths.js';

/** A block and the tree object it is read from. */
export interface BlockAt {
  block: Block;
  oid: string;
}

/** Folded blocks: those of this process, those in the cache, and the rest from their events. */
export class Blocks {
  readonly #objects: Objects;
  readonly #cache: Cache;
  readonly #folded = new Map<string, FoldedBlock>();
  /** Names of blocks not yet in the cache, with the name of the entry they take the place of. */
  readonly #unsaved = new Map<string, string | undefined>();

  constructor(objects: Objects, cache: Cache) {
    this.#objects = objects;
    this.#cache = cache;
  }

  /** `known` says which entries of the cache the new ones take the place of. Throws LOG_TOO_NEW, LOG_DAMAGED. */
  async get(wanted: BlockAt[], known?: Folded): Promise<FoldedBlock[]> {
    const missing = wanted.filter((it) => !this.#at(it));
    if (missing.length > 0) {
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
