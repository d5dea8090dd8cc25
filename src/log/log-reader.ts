import { join } from 'node:path';
import {
  type Block,
  blockOf,
  blockPath,
  EVENTS,
  eventPath,
  HUNDREDS,
  placeOfEvent,
  THOUSANDS,
} from '../../events/event-path.js';
import { Holdings } from '../../events/holdings.js';
import { type PortRef, portKey } from '../../events/port.js';
import { LEASE_IN_SHARED_LOG, type Stream } from '../../events/stream.js';
import { allDone } from '../all-done.js';
import { VportsError } from '../errors.js';
import { POLICY_PATH } from '../policy/policy-path.js';
import type { Progress } from '../progress.js';
import type { CountedEvents, LostEvent } from './counted/index.js';
import { type LocatedEvent, located } from './event-log.js';
import { BlockCache, oidOf } from './fold/block-cache.js';
import { Cache } from './fold/cache.js';
import { type DamagedStream, type FoldedBlock, isEventMode, type StreamFiles } from './fold/fold.js';
import { blocksOf, fromTexts, mergeBlock, type Snapshot, toTexts } from './fold/snapshot.js';
import { ifUnusable, type Objects } from './git/objects.js';
import { readRef } from './git/refs.js';
import { placeOf, type Repository } from './git/repository.js';
import { TREE } from './git/tree.js';

export interface Reading {
  /** The ref to start from if the branch does not exist yet. */
  base?: string | undefined;
  progress?: Progress | undefined;
  /** The judged shared branch. */
  counted?: CountedEvents | undefined;
  /** Whether this branch is the shared one or extends it. */
  isShared: boolean;
}

/** Follows a branch: folds what changed since the last look, in this process or, through the cache, in another. */
export class LogReader {
  /** The ref at the last look; undefined for a branch that does not exist yet. */
  refAt: string | undefined;
  readonly #cache: Cache;
  readonly #blocks: BlockCache;
  #folded: Snapshot | undefined;
  #saved: string | undefined;

  constructor(
    private readonly repository: Repository,
    private readonly objects: Objects,
    private readonly ref: string,
    private readonly reading: Reading,
  ) {
    this.#cache = new Cache(repository.commondir);
    this.#blocks = new BlockCache(objects, this.#cache, repository.prefix, reading.progress);
  }

  get seen(): Snapshot | undefined {
    return this.#folded;
  }

  /** The branch's head without folding it. Throws REGISTRY_NOT_FOUND. */
  async look(): Promise<Pick<Snapshot, 'head' | 'tree'>> {
    // Leaves `refAt` alone, which belongs to the folded state.
    const head = this.#headAt(readRef(this.repository, this.ref));
    if (this.#folded?.head === head) return this.#folded;
    const { tree } = await this.objects.readCommit(head);
    await this.#rootOf(tree);
    return { head, tree };
  }

  async current(): Promise<Snapshot> {
    this.refAt = readRef(this.repository, this.ref);
    const head = this.#headAt(this.refAt);
    if (this.#folded?.head === head) return this.#folded;
    if (!this.#folded) {
      const known = this.#cache.loadTexts(this.#name());
      this.#folded = known && fromTexts(known);
      this.#saved = this.#folded && stampOf(this.#folded);
    }
    const lost = await this.#lostAt(head);
    if (this.#folded?.head !== head || this.#folded.lost.what !== nameOf(lost)) {
      const { tree } = await this.objects.readCommit(head);
      this.#folded = await this.#fold(this.#folded, head, tree, { lost });
    }
    return this.#folded;
  }

  /** Judges the history of the shared branch up to its head; later reads respect the result. */
  async judge(): Promise<boolean> {
    const head = this.reading.counted && readRef(this.repository, this.reading.counted.ref);
    if (head === undefined || !(await this.#isJudgedTo(head))) return false;
    if (!this.#folded) return true;
    const { head: at, tree } = this.#folded;
    const lost = await this.#lostAt(at);
    if (this.#folded.lost.what !== nameOf(lost))
      this.#folded = await this.#fold(this.#folded, at, tree, { lost });
    return true;
  }

  async at(commit: string): Promise<Snapshot> {
    return this.#fold(undefined, commit, (await this.objects.readCommit(commit)).tree, { blocks: 'at' });
  }

  /** Adopts our own commit from the blocks in hand, without reading them back. If that fails, the next look reads them. */
  async follow(
    folded: Snapshot,
    head: string,
    tree: string,
    grown: { block: Block; folded: FoldedBlock }[],
  ): Promise<void> {
    try {
      for (const { block, folded: now } of grown) {
        if (now.damaged.some(({ restores }) => restores)) continue;
        const oid = await this.objects.treeAt(tree, this.repository.prefix + blockPath(block));
        this.#blocks.put({ block, oid: oid! }, now);
      }
      this.#folded = await this.#fold(folded, head, tree, { lost: await this.#lostAt(head) });
      this.refAt = head;
    } catch {
      this.#folded = undefined;
    }
  }

  forget(): void {
    this.#folded = undefined;
  }

  async blockAt(folded: Snapshot, block: Block): Promise<FoldedBlock | undefined> {
    const oid = oidOf(folded, block);
    const plain = oid ? this.#sound((await this.#blocks.get([{ block, oid }]))[0]!) : undefined;
    const lost = lostIn(block, await this.#lostAt(folded.head));
    if (lost.length === 0) return plain;
    return this.#asCounted({ block, oid }, plain ?? NOTHING, lost);
  }

  async events(folded: Snapshot, refs?: PortRef[]): Promise<LocatedEvent[]> {
    const { decodeStream, streamsIn } = await import('./fold/fold.js');
    const wanted = refs && new Set(refs.map(portKey));
    const paths = refs && new Set(refs.map((ref) => blockPath(blockOf(ref))));
    const blocks = [...blocksOf(folded)].filter(({ block }) => !paths || paths.has(blockPath(block)));
    const files = await allDone(
      blocks.map(({ block, oid }) =>
        streamsIn(
          this.objects,
          block,
          oid,
          (_, __, port) => !wanted || wanted.has(portKey({ port, protocol: block.protocol })),
        ),
      ),
    );
    const streams = await this.#withLost(files.flat(), folded, wanted);
    const contents = await this.objects.readEvents(streams.flatMap((stream) => stream.oids));
    return streams.flatMap((stream) => decodeStream(stream, contents).events.map(located));
  }

  async #withLost(
    streams: StreamFiles[],
    folded: Snapshot,
    wanted: ReadonlySet<string> | undefined,
  ): Promise<StreamFiles[]> {
    if (folded.lost.blocks.length === 0) return streams;
    const { countedFiles } = await import('./fold/counted-block.js');
    const found = new Map(streams.map((stream) => [portKey(stream), stream]));
    const lost = await this.#lostAt(folded.head);
    for (const block of folded.lost.blocks) {
      const at = { block, oid: oidOf(folded, block) };
      for (const { files } of await countedFiles(this.objects, at, lostIn(block, lost)))
        if (!wanted || wanted.has(portKey(files))) found.set(portKey(files), files);
    }
    return [...found.values()];
  }

  /** Saves what was folded to the cache. False if it was saved already. */
  save(): boolean {
    if (!this.#folded || stampOf(this.#folded) === this.#saved) return false;
    this.#blocks.save();
    this.#cache.saveTexts(this.#name(), toTexts(this.#folded));
    this.#saved = stampOf(this.#folded);
    return true;
  }

  /** Folds the tree of a commit incrementally: only blocks with a new oid are read. */
  async #fold(
    known: Snapshot | undefined,
    head: string,
    tree: string,
    { blocks = 'get', lost = [] }: { blocks?: 'get' | 'at'; lost?: LostEvent[] } = {},
  ): Promise<Snapshot> {
    const { root, policyOid } = await this.#rootOf(tree);
    const folded: Snapshot = {
      head,
      tree,
      policyOid,
      ...(known?.policyOid === policyOid && policyOid !== ''
        ? { policy: known.policy, policyFault: known.policyFault }
        : await this.#policyAt(head, policyOid)),
      folders: await this.#foldersIn(root, known),
      holdings: known?.holdings ?? new Holdings(),
      newest: known?.newest ?? '',
      damaged: known?.damaged ?? new Map(),
      lost: { blocks: blocksWith(lost), what: nameOf(lost) },
    };
    const again = new Set([...(known?.lost.blocks ?? []), ...folded.lost.blocks].map(blockPath));
    const now = [...blocksOf(folded)];
    const changed = now.filter(
      ({ block, oid }) => !known || oidOf(known, block) !== oid || again.has(blockPath(block)),
    );
    const gone = known ? [...blocksOf(known)].filter(({ block }) => !oidOf(folded, block)) : [];
    const events = known ? undefined : await this.objects.treeAt(root, EVENTS);
    const foldedBlocks = await this.#blocks[blocks](changed, events);
    const taken = new Map<string, { block: Block; folded: FoldedBlock }>();
    for (const { block } of gone) taken.set(blockPath(block), { block, folded: NOTHING });
    for (const [index, { block }] of changed.entries())
      taken.set(blockPath(block), { block, folded: this.#sound(foldedBlocks[index]!) });
    for (const block of folded.lost.blocks) {
      const plain = taken.get(blockPath(block))?.folded ?? NOTHING;
      const at = { block, oid: oidOf(folded, block) };
      taken.set(blockPath(block), { block, folded: await this.#asCounted(at, plain, lostIn(block, lost)) });
    }
    // Nothing can fail from here on: the live tables never mix two commits.
    for (const { block, folded: its } of taken.values()) mergeBlock(folded, block, its);
    return folded;
  }

  /** The lost events at a head. If events of the last folded state are missing or differ, the history in between is judged first. */
  async #lostAt(head: string): Promise<LostEvent[]> {
    if (!this.reading.counted) return [];
    if (
      this.reading.isShared &&
      this.#folded &&
      this.#folded.head !== head &&
      (await this.#isDisturbed(head))
    )
      await this.judge();
    return this.reading.counted.lostAt(head, this.reading.isShared);
  }

  /** A tree that is too large is damage of its own stream, and must not block the others. */
  async #isJudgedTo(head: string): Promise<boolean> {
    return this.reading.counted!.judgeTo(head).catch(ifUnusable(false));
  }

  async #isDisturbed(head: string): Promise<boolean> {
    const { treeDifference } = await import('./git/tree-difference.js');
    const place = this.repository.prefix + EVENTS;
    const now = await this.objects.treeOf(head, place);
    const before = await this.objects.treeAt(this.#folded!.tree, place).catch(() => undefined);
    const differences = await treeDifference(this.objects, before, now).catch(ifUnusable(undefined));
    return differences?.some((it) => it.before !== undefined) ?? true;
  }

  #sound(folded: FoldedBlock): FoldedBlock {
    if (!this.reading.counted || !folded.streams.some(({ holding }) => holding?.lease)) return folded;
    const isSound = ({ holding }: Stream) => !holding?.lease;
    const leases = folded.streams.filter((it) => !isSound(it));
    return {
      streams: folded.streams.filter(isSound),
      damaged: [...folded.damaged, ...leases.map(leaseAsDamage)],
    };
  }

  async #asCounted(
    at: { block: Block; oid: string | undefined },
    plain: FoldedBlock,
    lost: LostEvent[],
  ): Promise<FoldedBlock> {
    return (await import('./fold/counted-block.js')).asCounted(this.objects, at, plain, lost);
  }

  #headAt(ref: string | undefined): string {
    const head = ref ?? (this.reading.base && readRef(this.repository, this.reading.base));
    if (!head) throw this.#noRegistry('has no commits');
    return head;
  }

  async #rootOf(tree: string): Promise<{ root: string; policyOid: string }> {
    const root = this.repository.prefix ? await this.objects.treeAt(tree, this.repository.prefix) : tree;
    const entry = root && (await this.objects.anyAt(root, POLICY_PATH));
    const isThere = entry !== undefined && entry !== '' && isEventMode(entry.mode);
    if (!root || (!isThere && (await this.objects.treeAt(root, EVENTS)) === undefined))
      throw this.#noRegistry(`has no ${POLICY_PATH}`);
    return { root, policyOid: isThere ? entry.oid : '' };
  }

  async #policyAt(head: string, oid: string): Promise<Pick<Snapshot, 'policy' | 'policyFault'>> {
    const { policyAt } = await import('./fold/sound-policy.js');
    return policyAt(this.objects, { commit: head, oid, prefix: this.repository.prefix }, () =>
      this.#noRegistry(`has no ${POLICY_PATH}`),
    );
  }

  async #foldersIn(root: string, known: Snapshot | undefined): Promise<Snapshot['folders']> {
    const folders: Snapshot['folders'] = new Map();
    for (const protocol of ['tcp', 'udp'] as const) {
      const tree = await this.objects.treeAt(root, `${EVENTS}/${protocol}`);
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
    const entries = await this.objects.readTree(tree);
    return entries
      .filter((it) => it.mode === TREE && pattern.test(it.name))
      .map(({ name, oid }) => [name, oid]);
  }

  #name(): string {
    return `head ${this.repository.prefix} ${this.ref}`;
  }

  #noRegistry(why: string): VportsError {
    const path = join(placeOf(this.repository), this.repository.prefix);
    return new VportsError('REGISTRY_NOT_FOUND', `${path} is not a registry: ${this.ref} ${why}`, {
      hint: '`vports init DIR` makes a registry in a new folder',
      details: { path, ref: this.ref },
    });
  }
}

/** It can only be released. */
function leaseAsDamage(stream: Stream): DamagedStream {
  const { port, protocol, version } = stream;
  const { lease: _, ...holding } = stream.holding!;
  return {
    port,
    protocol,
    path: eventPath(stream, version),
    message: LEASE_IN_SHARED_LOG,
    holders: [{ resource: holding.resource, name: holding.name }],
    counted: { ...stream, holding, unsound: LEASE_IN_SHARED_LOG },
  };
}

const NOTHING: FoldedBlock = { streams: [], damaged: [] };

function stampOf({ head, lost }: Snapshot): string {
  return `${head} ${lost.what}`;
}

function nameOf(lost: LostEvent[]): string {
  return lost.map(({ path, first }) => `${path} ${first}`).join('\n');
}

function lostIn(block: Block, lost: LostEvent[]): LostEvent[] {
  return lost.filter(({ path }) => path.startsWith(`${blockPath(block)}/`));
}

function blocksWith(lost: LostEvent[]): Block[] {
  const blocks = lost.map(({ path }) => blockOf(placeOfEvent(path)!.ref));
  return [...new Map(blocks.map((block) => [blockPath(block), block])).values()];
}
