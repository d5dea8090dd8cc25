import { type Block, blockPath, EVENTS } from '../../../events/event-path.js';
import type { Progress } from '../../progress.js';
import type { Objects } from '../git/objects.js';
import { hasGit } from '../git/program/git-program.js';
import type { Cache } from './cache.js';
import type { FoldedBlock } from './fold.js';
import type { BlockAt, Snapshot } from './snapshot.js';

/** From this number of blocks on it is faster to let git list and read all of them than to look into each. */
const MANY = 16;
const NOTHING: FoldedBlock = { streams: [], damaged: [] };

type Known = FoldedBlock & { oid: string };

/**
 * Folded blocks of this process, of the cache, or folded from their events. One version of each block is kept, the one folded last:
 * for any other version only the streams that differ are read again.
 */
export class BlockCache {
  readonly #known = new Map<string, Known>();
  readonly #unsaved = new Set<string>();

  /** `prefix` is the registry's folder in its repository: a cache may serve several registries. */
  constructor(
    private readonly objects: Objects,
    private readonly cache: Cache,
    private readonly prefix: string,
    private readonly progress: Progress | undefined,
  ) {}

  /** The current blocks, which the cache keeps. `events` is the tree above all of them, if nothing is known yet. Throws LOG_TOO_NEW, LOG_DAMAGED. */
  async get(wanted: BlockAt[], events?: string): Promise<FoldedBlock[]> {
    const folded = await this.at(wanted, events);
    for (const [index, it] of wanted.entries()) this.put(it, folded[index]!);
    return folded;
  }

  /** Past versions of blocks. Throws LOG_TOO_NEW, LOG_DAMAGED. */
  async at(wanted: BlockAt[], events?: string): Promise<FoldedBlock[]> {
    const known = wanted.map((it) => this.#lastOf(it));
    const missing = wanted.flatMap((it, index) =>
      known[index]?.oid === it.oid ? [] : [{ ...it, before: known[index], index }],
    );
    const found: (FoldedBlock | undefined)[] = known;
    const all = events && missing.length >= MANY && hasGit() ? await this.#foldAll(events) : undefined;
    if (all) {
      for (const { block, index } of missing)
        found[index] = all.get(blockPath(block).slice(EVENTS.length + 1)) ?? NOTHING;
    } else if (missing.length > 0) {
      const folded = await (await import('./fold.js')).foldBlocks(this.objects, missing);
      for (const [at, { index }] of missing.entries()) found[index] = folded[at]!;
    }
    return found as FoldedBlock[];
  }

  put({ block, oid }: BlockAt, { streams, damaged }: FoldedBlock): void {
    const name = this.#nameOf(block);
    if (this.#known.get(name)?.oid === oid) return;
    this.#known.set(name, { oid, streams, damaged });
    this.#unsaved.add(name);
  }

  save(): void {
    for (const name of this.#unsaved) this.cache.save(name, this.#known.get(name));
    this.#unsaved.clear();
  }

  async #foldAll(events: string): Promise<Map<string, FoldedBlock> | undefined> {
    return (await import('./fold-all.js')).foldAll(this.objects.commondir, events, this.progress);
  }

  #lastOf({ block }: BlockAt): Known | undefined {
    const name = this.#nameOf(block);
    const known = this.#known.get(name) ?? (this.cache.load(name) as Known | undefined);
    if (known) this.#known.set(name, known);
    return known;
  }

  #nameOf({ protocol, hundreds }: Block): string {
    return `block ${this.prefix} ${protocol} ${hundreds}`;
  }
}

/** The tree object of a block, or undefined if it has no events. */
export function oidOf(folded: Snapshot, { protocol, thousands, hundreds }: Block): string | undefined {
  return folded.folders.get(`${protocol}/${thousands}`)?.blocks[hundreds];
}
