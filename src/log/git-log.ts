import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PortEvent } from '../../events/event.js';
import { Holdings } from '../../events/holdings.js';
import { formatPort, type PortKey, type PortRef, portKey } from '../../events/port.js';
import type { Stream } from '../../events/stream.js';
import { errno, VportsError } from '../errors.js';
import { POLICY_PATH } from '../policy/policy-path.js';
import { Cache } from './cache.js';
import {
  type CommittedFile,
  isUnsettled,
  publishCheckedOut,
  type RefMove,
  settleJournal,
} from './checkout.js';
import { commitMessage, subjectOf } from './commit-message.js';
import { eventIds } from './event-ids.js';
import type { Appended, Batch, EventLog, LocatedEvent, LogState } from './event-log.js';
import type { FoldedBlock } from './fold.js';
import { type Folded, fromSnapshot, takeIn, toSnapshot } from './folded.js';
import { Objects } from './objects.js';
import { type Block, blockOf, blockPath, EVENTS, eventPath } from './paths.js';
import { dropLeftRefLock, HeadMoved, locksFolder, NO_OID, RefUpdate, readRef } from './refs.js';
import { privateFolder, type Repository } from './repository.js';
import { type StreamEnd, stamp } from './stamp.js';
import { TREE } from './tree.js';
import { checkoutOf } from './worktrees.js';
import { writable } from './writable.js';
import { WriterLock } from './writer-lock.js';

const LOCK_PATIENCE = 30_000;

/** The log on disk as format 1, on one branch of a git repository. */
export class GitLog implements EventLog {
  readonly repository: Repository;
  readonly ref: string;
  readonly #base: string | undefined;
  readonly #objects: Objects;
  readonly #cache: Cache;
  /** Blocks folded by this process, by `path oid`; those in #unsaved are not yet in the cache. */
  readonly #blocks = new Map<string, FoldedBlock>();
  readonly #unsaved = new Map<string, { name: string; replaces: string | undefined }>();
  #folded: Folded | undefined;
  /** Where the ref stood when #folded was made; undefined for a branch that does not exist yet. */
  #refAt: string | undefined;
  #savedHead: string | undefined;
  #settled = false;
  #writing = false;
  readonly #newId = eventIds();

  /** `base` is the ref to start from where `ref` does not exist yet. */
  constructor(repository: Repository, ref: string, base?: string) {
    this.repository = repository;
    this.ref = ref;
    this.#base = base;
    this.#objects = new Objects(repository.commondir);
    this.#cache = new Cache(privateFolder(repository));
  }

  async state(): Promise<LogState> {
    const { head, policy, holdings, damaged } = await this.#current();
    return { head, policy, holdings, damaged };
  }

  async stateAt(revision: string): Promise<LogState> {
    const { resolveRevision } = await import('./revisions.js');
    const oid = await resolveRevision(this.repository, this.ref, revision);
    const { policy, holdings, damaged } = await this.#fold(
      undefined,
      oid,
      (await this.#objects.readCommit(oid)).tree,
    );
    return { head: oid, policy, holdings, damaged };
  }

  async policySource(): Promise<string> {
    const { policyOid } = await this.#current();
    return (await this.#objects.read(policyOid)).content.toString('utf8');
  }

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const lock = await writable(this.#place(), () =>
      WriterLock.acquire(privateFolder(this.repository), LOCK_PATIENCE),
    );
    this.#writing = true;
    try {
      await this.#settle();
      return await work();
    } finally {
      this.#writing = false;
      lock.release();
    }
  }

  async append(batch: Batch): Promise<Appended> {
    if (!this.#writing) throw new Error('append outside exclusively');
    const folded = await this.#decidedOn();
    const events = await this.#stamped(folded, batch);
    return writable(this.#place(), async () => {
      try {
        return await this.#publish(folded, batch, events);
      } finally {
        this.#objects.discard();
      }
    });
  }

  async preview(batch: Batch): Promise<LocatedEvent[]> {
    return (await this.#stamped(await this.#current(), batch)).map(located);
  }

  async events(refs?: PortRef[]): Promise<LocatedEvent[]> {
    const folded = await this.#current();
    const { decodeStream, streamsIn } = await import('./fold.js');
    const wanted = refs && new Set(refs.map(portKey));
    const blocks = [...blocksOf(folded)].filter(
      ({ block }) => !refs || refs.some((ref) => samePath(ref, block)),
    );
    const files = (
      await Promise.all(blocks.map(({ block, oid }) => streamsIn(this.#objects, block, oid)))
    ).flat();
    const streams = wanted ? files.filter((file) => wanted.has(portKey(file))) : files;
    const contents = await this.#objects.readMany(streams.flatMap((stream) => stream.oids));
    return streams.flatMap((stream) => decodeStream(stream, contents).events.map(located));
  }

  async commitsOf(paths: string[]): Promise<Map<string, string>> {
    const { commitsThatAdded } = await import('./commits.js');
    const { head } = await this.#current();
    return commitsThatAdded(this.repository, this.#objects, head, paths);
  }

  /** Saves what was folded and lets go of git. */
  async close(): Promise<void> {
    this.#objects.close();
    if (!this.#folded || this.#folded.head === this.#savedHead) return;
    for (const [key, { name, replaces }] of this.#unsaved) {
      this.#cache.save(name, this.#blocks.get(key));
      if (replaces) this.#cache.drop(replaces);
    }
    this.#unsaved.clear();
    this.#cache.save(this.#headName(), toSnapshot(this.#folded));
    this.#savedHead = this.#folded.head;
    if (this.repository.prefix === '') await maintain(this.repository);
  }

  async #current(): Promise<Folded> {
    if (!this.#settled && !this.#writing) await this.#settleIfLeft();
    this.#refAt = readRef(this.repository, this.ref);
    const head = this.#refAt ?? (this.#base && readRef(this.repository, this.#base));
    if (!head) throw this.#noRegistry('has no commits');
    if (this.#folded?.head === head) return this.#folded;
    if (!this.#folded) {
      this.#folded = fromSnapshot(this.#cache.load(this.#headName()));
      this.#savedHead = this.#folded?.head;
    }
    if (this.#folded?.head !== head) {
      this.#folded = await this.#fold(this.#folded, head, (await this.#objects.readCommit(head)).tree);
    }
    return this.#folded;
  }

  /** The state that the command in hand was decided on. */
  async #decidedOn(): Promise<Folded> {
    return this.#folded ?? this.#current();
  }

  /** Folds the tree of a commit, starting from what is known: only blocks whose oid changed are looked into. */
  async #fold(known: Folded | undefined, head: string, tree: string): Promise<Folded> {
    const root = this.repository.prefix ? await this.#objects.treeAt(tree, this.repository.prefix) : tree;
    const policyOid = root && (await this.#objects.entryAt(root, POLICY_PATH, '100644'))?.oid;
    if (!root || !policyOid) throw this.#noRegistry(`has no ${POLICY_PATH}`);
    const folded: Folded = {
      head,
      tree,
      policyOid,
      policy: known?.policyOid === policyOid ? known.policy : await this.#readPolicy(policyOid),
      folders: new Map(),
      holdings: known?.holdings ?? new Holdings(),
      damaged: known?.damaged ?? new Map(),
    };
    const changed: { block: Block; oid: string }[] = [];
    const gone = new Map([...(known ? blocksOf(known) : [])].map(({ block }) => [blockPath(block), block]));
    for (const { protocol, thousands, oid } of await this.#folders(root)) {
      const key = `${protocol}/${thousands}`;
      const before = known?.folders.get(key);
      const same = before?.oid === oid;
      const blocks = same ? before.blocks : await this.#blocksIn(oid);
      folded.folders.set(key, { oid, blocks });
      for (const [hundreds, blockOid] of Object.entries(blocks)) {
        const block = { protocol, thousands, hundreds };
        gone.delete(blockPath(block));
        if (!same && before?.blocks[hundreds] !== blockOid) changed.push({ block, oid: blockOid });
      }
    }
    const foldedBlocks = await this.#foldedBlocks(changed, known);
    // From here on nothing can fail: the live tables are never left half-way between two commits.
    for (const block of gone.values()) takeIn(folded, block, { streams: [], damaged: [] });
    for (const [index, { block }] of changed.entries()) takeIn(folded, block, foldedBlocks[index]!);
    return folded;
  }

  async #folders(root: string): Promise<{ protocol: 'tcp' | 'udp'; thousands: string; oid: string }[]> {
    const found: { protocol: 'tcp' | 'udp'; thousands: string; oid: string }[] = [];
    for (const protocol of ['tcp', 'udp'] as const) {
      const tree = await this.#objects.treeAt(root, `${EVENTS}/${protocol}`);
      for (const entry of tree ? await this.#objects.readTree(tree) : []) {
        if (entry.mode === TREE && /^\d\dxxx$/.test(entry.name))
          found.push({ protocol, thousands: entry.name, oid: entry.oid });
      }
    }
    return found;
  }

  async #blocksIn(oid: string): Promise<Record<string, string>> {
    const entries = (await this.#objects.readTree(oid)).filter(
      (it) => it.mode === TREE && /^\d{3}xx$/.test(it.name),
    );
    return Object.fromEntries(entries.map((entry) => [entry.name, entry.oid]));
  }

  async #foldedBlocks(wanted: { block: Block; oid: string }[], known?: Folded): Promise<FoldedBlock[]> {
    const missing = wanted.filter(({ block, oid }) => !this.#knownBlock(block, oid));
    if (missing.length > 0) {
      const { foldBlocks } = await import('./fold.js');
      const folded = await foldBlocks(this.#objects, missing);
      for (const [index, { block, oid }] of missing.entries()) {
        const before = known?.folders.get(`${block.protocol}/${block.thousands}`)?.blocks[block.hundreds];
        this.#keepBlock(block, oid, folded[index]!, before);
      }
    }
    return wanted.map(({ block, oid }) => this.#knownBlock(block, oid)!);
  }

  #knownBlock(block: Block, oid: string): FoldedBlock | undefined {
    const key = blockName(block, oid);
    const kept = this.#blocks.get(key) ?? (this.#cache.load(key) as FoldedBlock | undefined);
    if (kept) this.#blocks.set(key, kept);
    return kept;
  }

  #keepBlock(block: Block, oid: string, folded: FoldedBlock, before: string | undefined): void {
    const name = blockName(block, oid);
    const old = before && blockName(block, before);
    this.#blocks.set(name, folded);
    const unsaved = old ? this.#unsaved.get(old) : undefined;
    if (old) {
      this.#blocks.delete(old);
      this.#unsaved.delete(old);
    }
    this.#unsaved.set(name, { name, replaces: unsaved ? unsaved.replaces : old });
  }

  async #readPolicy(oid: string) {
    const { parsePolicy } = await import('../policy/policy-file.js');
    return parsePolicy(
      (await this.#objects.read(oid)).content.toString('utf8'),
      this.repository.prefix + POLICY_PATH,
    );
  }

  async #stamped(folded: Folded, { events, by, at }: Batch): Promise<PortEvent[]> {
    const ends = new Map<PortKey, StreamEnd>();
    for (const event of events) ends.set(portKey(event), await this.#endOf(folded, event));
    return stamp(events, ends, { by, at, newId: this.#newId });
  }

  async #endOf(folded: Folded, ref: PortRef): Promise<StreamEnd> {
    const damage = folded.damaged.get(portKey(ref));
    if (damage) {
      throw new VportsError('STREAM_DAMAGED', `the history of ${formatPort(ref)} is damaged: ${damage}`, {
        hint: 'see what happened with `vports verify`; other ports go on working',
        details: { port: ref.port, protocol: ref.protocol, damage },
      });
    }
    const stream = (await this.#blockAt(folded, blockOf(ref)))?.streams.find((it) => it.port === ref.port);
    return stream ?? { version: 0, last: '', at: '' };
  }

  async #blockAt(folded: Folded, block: Block): Promise<FoldedBlock | undefined> {
    const oid = folded.folders.get(`${block.protocol}/${block.thousands}`)?.blocks[block.hundreds];
    return oid ? (await this.#foldedBlocks([{ block, oid }]))[0] : undefined;
  }

  async #publish(folded: Folded, batch: Batch, events: PortEvent[]): Promise<Appended> {
    const { encodeEvent } = await import('../../events/encoding.js');
    const written = [
      ...events.map((event) => ({
        path: eventPath(event, event.version),
        content: Buffer.from(encodeEvent(event)),
      })),
      ...(batch.files ?? []).map(({ path, content }) => ({ path, content: Buffer.from(content) })),
    ];
    const files: CommittedFile[] = [];
    for (const { path, content } of written) {
      const inTree = this.repository.prefix + path;
      const before = (await this.#objects.entryAt(folded.tree, inTree, '100644'))?.oid;
      if (before && path.startsWith(`${EVENTS}/`)) throw new HeadMoved(`${path} is already there`);
      files.push({ path: inTree, content, before, oid: this.#objects.stage('blob', content) });
    }
    const root = await this.#objects.stageFiles(
      folded.tree,
      new Map(files.map(({ path, oid }) => [path, oid])),
    );
    const time = events.length > 0 ? Date.parse(events[0]!.at) : batch.at;
    const signature = `${batch.by.name} <${batch.by.email}> ${Math.floor(time / 1000)} ${zone(time)}`;
    const subject = batch.subject ?? subjectOf(batch.events);
    const header = `tree ${root}\nparent ${folded.head}\nauthor ${signature}\ncommitter ${signature}\n\n`;
    const oid = this.#objects.stage('commit', Buffer.from(header + commitMessage(subject, events)));
    const reflog = `${this.#refAt ?? NO_OID} ${oid} ${signature}\tvports: ${subject}\n`;
    await this.#moveRef({ ref: this.ref, old: this.#refAt, next: oid, reflog }, files);
    await this.#follow(folded, oid, root, events);
    return { ref: this.ref, oid, events, paths: events.map((event) => eventPath(event, event.version)) };
  }

  async #moveRef(move: RefMove, files: CommittedFile[]): Promise<void> {
    const checkout = checkoutOf(this.repository, this.ref);
    const { ref, old, next } = move;
    if (checkout) {
      await this.#objects.flush();
      await publishCheckedOut(this.repository, this.#objects, checkout, { ...move, files });
      return;
    }
    const objects = () => this.#objects.flush();
    (await RefUpdate.begin(this.repository, ref, old, next, objects)).finish(move.reflog);
  }

  /** Brings the state to the commit just made, from the events in hand: nothing is read back. */
  async #follow(folded: Folded, head: string, tree: string, events: PortEvent[]): Promise<void> {
    const { emptyStream, evolve } = await import('../../events/reducer.js');
    const grown = new Map<string, { block: Block; streams: Map<number, Stream>; folded: FoldedBlock }>();
    for (const event of events) {
      const block = blockOf(event);
      const old = (await this.#blockAt(folded, block)) ?? { streams: [], damaged: [] };
      const entry = grown.get(blockPath(block)) ?? {
        block,
        folded: old,
        streams: new Map(old.streams.map((stream) => [stream.port, stream])),
      };
      entry.streams.set(event.port, evolve(entry.streams.get(event.port) ?? emptyStream(event), event));
      grown.set(blockPath(block), entry);
    }
    for (const { block, streams, folded: old } of grown.values()) {
      const oid = await this.#objects.treeAt(tree, this.repository.prefix + blockPath(block));
      const before = folded.folders.get(`${block.protocol}/${block.thousands}`)?.blocks[block.hundreds];
      this.#keepBlock(block, oid!, { streams: [...streams.values()], damaged: old.damaged }, before);
    }
    this.#folded = await this.#fold(folded, head, tree);
    this.#refAt = head;
  }

  /** What a killed vports left in a checkout is put right by whoever comes next, reader or writer. */
  async #settleIfLeft(): Promise<void> {
    this.#settled = true;
    if (!isUnsettled(this.repository)) return;
    try {
      await this.exclusively(async () => undefined);
    } catch (error) {
      // Who may only read goes on with what the ref says.
      if (!(error instanceof VportsError) || error.code !== 'CANNOT_WRITE') throw error;
    }
  }

  async #settle(): Promise<void> {
    this.#settled = true;
    for (const mark of namesIn(locksFolder(this.repository))) dropLeftRefLock(this.repository, mark);
    if (isUnsettled(this.repository)) await settleJournal(this.repository, this.#objects);
  }

  #place(): string {
    return this.repository.worktree ?? this.repository.commondir;
  }

  #headName(): string {
    return `head ${this.repository.prefix} ${this.ref}`;
  }

  #noRegistry(why: string): VportsError {
    const path = join(this.#place(), this.repository.prefix);
    return new VportsError('REGISTRY_NOT_FOUND', `${path} is no registry: ${this.ref} ${why}`, {
      hint: '`vports init DIR` makes a registry in a new folder',
      details: { path, ref: this.ref },
    });
  }
}

function located(event: PortEvent): LocatedEvent {
  return { ...event, path: eventPath(event, event.version) };
}

function* blocksOf(folded: Folded): Generator<{ block: Block; oid: string }> {
  for (const [key, { blocks }] of folded.folders) {
    const [protocol, thousands] = key.split('/') as ['tcp' | 'udp', string];
    for (const [hundreds, oid] of Object.entries(blocks))
      yield { block: { protocol, thousands, hundreds }, oid };
  }
}

function blockName({ protocol, hundreds }: Block, oid: string): string {
  return `block ${protocol} ${hundreds} ${oid}`;
}

function samePath(ref: PortRef, block: Block): boolean {
  return blockPath(blockOf(ref)) === blockPath(block);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errno(error) === 'ENOENT') return [];
    throw error;
  }
}

/** `+0200`: this machine's offset, as git writes it. */
function zone(time: number): string {
  const minutes = -new Date(time).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}${String(rest).padStart(2, '0')}`;
}

/** git packs what has gathered, in its own time. */
async function maintain(repository: Repository): Promise<void> {
  const gathered = namesIn(join(repository.commondir, 'objects', '17')).length;
  if (gathered < 27) return;
  const { startMaintenance } = await import('./maintenance.js');
  startMaintenance(repository);
}
