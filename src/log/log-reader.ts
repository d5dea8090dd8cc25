import { join } from 'node:path';
import {
  type Block,
  blockOf,
  blockPath,
  EVENTS,
  eventPath,
  HUNDREDS,
  THOUSANDS,
} from '../../events/event-path.js';
import { Holdings } from '../../events/holdings.js';
import { type PortRef, type Protocol, portKey } from '../../events/port.js';
import { VportsError } from '../errors.js';
import { POLICY_PATH } from '../policy/policy-path.js';
import type { Progress } from '../progress.js';
import type { LocatedEvent } from './event-log.js';
import { type BlockAt, BlockCache, oidOf } from './fold/block-cache.js';
import { Cache } from './fold/cache.js';
import type { FoldedBlock } from './fold/fold.js';
import { fromTexts, type Snapshot, takeIn, toTexts } from './fold/snapshot.js';
import type { Objects } from './git/objects.js';
import { readRef } from './git/refs.js';
import { placeOf, type Repository } from './git/repository.js';
import { FILE, TREE } from './git/tree.js';

/** Follows a branch: folds what changed since it was last looked at, in this process or, through the cache, in another. */
export class LogReader {
  /** Where the ref stood at the last look; undefined for a branch that does not exist yet. */
  refAt: string | undefined;
  readonly #repository: Repository;
  readonly #objects: Objects;
  readonly #ref: string;
  readonly #base: string | undefined;
  readonly #cache: Cache;
  readonly #blocks: BlockCache;
  #folded: Snapshot | undefined;
  #savedHead: string | undefined;

  /** `base` is the ref to start from where `ref` does not exist yet. */
  constructor(
    repository: Repository,
    objects: Objects,
    ref: string,
    { base, progress }: { base?: string | undefined; progress?: Progress | undefined },
  ) {
    this.#repository = repository;
    this.#objects = objects;
    this.#ref = ref;
    this.#base = base;
    this.#cache = new Cache(repository.commondir);
    this.#blocks = new BlockCache(objects, this.#cache, repository.prefix, progress);
  }

  /** What the last look saw. */
  get seen(): Snapshot | undefined {
    return this.#folded;
  }

  /** Where the branch is, for who does not ask what that means. Throws REGISTRY_NOT_FOUND. */
  async look(): Promise<Pick<Snapshot, 'head' | 'tree'>> {
    // `refAt` is what the folded state goes with, and stays as it is.
    const head = this.#headAt(readRef(this.#repository, this.#ref));
    if (this.#folded?.head === head) return this.#folded;
    const { tree } = await this.#objects.readCommit(head);
    await this.#rootOf(tree);
    return { head, tree };
  }

  async current(): Promise<Snapshot> {
    this.refAt = readRef(this.#repository, this.#ref);
    const head = this.#headAt(this.refAt);
    if (this.#folded?.head === head) return this.#folded;
    if (!this.#folded) {
      const known = this.#cache.loadTexts(this.#name());
      this.#folded = known && fromTexts(known);
      this.#savedHead = this.#folded?.head;
    }
    if (this.#folded?.head !== head) {
      this.#folded = await this.#fold(this.#folded, head, (await this.#objects.readCommit(head)).tree);
    }
    return this.#folded;
  }

  async at(commit: string): Promise<Snapshot> {
    return this.#fold(undefined, commit, (await this.#objects.readCommit(commit)).tree, 'at');
  }

  /** Takes over a commit of our own, whose changed blocks are in hand: nothing is read back. Where that fails it is read later. */
  async follow(
    folded: Snapshot,
    head: string,
    tree: string,
    grown: { block: Block; folded: FoldedBlock }[],
  ): Promise<void> {
    try {
      for (const { block, folded: now } of grown) {
        const oid = await this.#objects.treeAt(tree, this.#repository.prefix + blockPath(block));
        this.#blocks.put({ block, oid: oid! }, now);
      }
      this.#folded = await this.#fold(folded, head, tree);
      this.refAt = head;
    } catch {
      this.#folded = undefined;
    }
  }

  /** Reads anew when it is next asked. */
  forget(): void {
    this.#folded = undefined;
  }

  async blockAt(folded: Snapshot, block: Block): Promise<FoldedBlock | undefined> {
    const oid = oidOf(folded, block);
    return oid ? (await this.#blocks.get([{ block, oid }]))[0] : undefined;
  }

  async events(folded: Snapshot, refs?: PortRef[]): Promise<LocatedEvent[]> {
    const { decodeStream, streamsIn } = await import('./fold/fold.js');
    const wanted = refs && new Set(refs.map(portKey));
    const paths = refs && new Set(refs.map((ref) => blockPath(blockOf(ref))));
    const blocks = [...blocksOf(folded)].filter(({ block }) => !paths || paths.has(blockPath(block)));
    const files = await Promise.all(
      blocks.map(({ block, oid }) =>
        streamsIn(
          this.#objects,
          block,
          oid,
          (_, __, port) => !wanted || wanted.has(portKey({ port, protocol: block.protocol })),
        ),
      ),
    );
    const streams = files.flat();
    const contents = await this.#objects.readEvents(streams.flatMap((stream) => stream.oids));
    return streams.flatMap((stream) =>
      decodeStream(stream, contents).events.map((event) => ({
        ...event,
        path: eventPath(event, event.version),
      })),
    );
  }

  /** Puts what was folded into the cache. Whether there was anything to put there. */
  save(): boolean {
    if (!this.#folded || this.#folded.head === this.#savedHead) return false;
    this.#blocks.save();
    this.#cache.saveTexts(this.#name(), toTexts(this.#folded));
    this.#savedHead = this.#folded.head;
    return true;
  }

  /** Folds the tree of a commit, starting from what is known: only blocks whose oid changed are looked into. */
  async #fold(
    known: Snapshot | undefined,
    head: string,
    tree: string,
    blocks: 'get' | 'at' = 'get',
  ): Promise<Snapshot> {
    const { root, policyOid } = await this.#rootOf(tree);
    const folded: Snapshot = {
      head,
      tree,
      policyOid,
      policy: known?.policyOid === policyOid ? known.policy : await this.#readPolicy(policyOid),
      folders: await this.#foldersIn(root, known),
      holdings: known?.holdings ?? new Holdings(),
      damaged: known?.damaged ?? new Map(),
    };
    const now = [...blocksOf(folded)];
    const changed = now.filter(({ block, oid }) => !known || oidOf(known, block) !== oid);
    const gone = known ? [...blocksOf(known)].filter(({ block }) => !oidOf(folded, block)) : [];
    const events = known ? undefined : await this.#objects.treeAt(root, EVENTS);
    const foldedBlocks = await this.#blocks[blocks](changed, events);
    // From here on nothing can fail: the live tables are never left half-way between two commits.
    for (const { block } of gone) takeIn(folded, block, { streams: [], damaged: [] });
    for (const [index, { block }] of changed.entries()) takeIn(folded, block, foldedBlocks[index]!);
    return folded;
  }

  #headAt(ref: string | undefined): string {
    const head = ref ?? (this.#base && readRef(this.#repository, this.#base));
    if (!head) throw this.#noRegistry('has no commits');
    return head;
  }

  async #rootOf(tree: string): Promise<{ root: string; policyOid: string }> {
    const root = this.#repository.prefix ? await this.#objects.treeAt(tree, this.#repository.prefix) : tree;
    const policyOid = root && (await this.#objects.entryAt(root, POLICY_PATH, FILE))?.oid;
    if (!root || !policyOid) throw this.#noRegistry(`has no ${POLICY_PATH}`);
    return { root, policyOid };
  }

  async #foldersIn(root: string, known: Snapshot | undefined): Promise<Snapshot['folders']> {
    const folders: Snapshot['folders'] = new Map();
    for (const protocol of ['tcp', 'udp'] as const) {
      const tree = await this.#objects.treeAt(root, `${EVENTS}/${protocol}`);
      for (const [thousands, oid] of tree ? await this.#foldersNamed(tree, THOUSANDS) : []) {
        const before = known?.folders.get(`${protocol}/${thousands}`);
        const same = before?.oid === oid;
        const blocks = same ? before.blocks : Object.fromEntries(await this.#foldersNamed(oid, HUNDREDS));
        folders.set(`${protocol}/${thousands}`, { oid, blocks });
      }
    }
    return folders;
  }

  async #foldersNamed(tree: string, pattern: RegExp): Promise<[string, string][]> {
    const entries = await this.#objects.readTree(tree);
    return entries
      .filter((it) => it.mode === TREE && pattern.test(it.name))
      .map(({ name, oid }) => [name, oid]);
  }

  async #readPolicy(oid: string) {
    const { parsePolicy } = await import('../policy/policy-file.js');
    const source = (await this.#objects.read(oid)).content.toString('utf8');
    return parsePolicy(source, this.#repository.prefix + POLICY_PATH);
  }

  #name(): string {
    return `head ${this.#repository.prefix} ${this.#ref}`;
  }

  #noRegistry(why: string): VportsError {
    const path = join(placeOf(this.#repository), this.#repository.prefix);
    return new VportsError('REGISTRY_NOT_FOUND', `${path} is not a registry: ${this.#ref} ${why}`, {
      hint: '`vports init DIR` makes a registry in a new folder',
      details: { path, ref: this.#ref },
    });
  }
}

export function* blocksOf(folded: Snapshot): Generator<BlockAt> {
  for (const [key, { blocks }] of folded.folders) {
    const [protocol, thousands] = key.split('/') as [Protocol, string];
    for (const [hundreds, oid] of Object.entries(blocks)) {
      yield { block: { protocol, thousands, hundreds }, oid };
    }
  }
}
