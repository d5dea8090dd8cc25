import type { PortEvent } from '../../events/event.js';
import { blockPath, EVENTS, eventPath, pathOf } from '../../events/event-path.js';
import { type PortKey, type PortRef, portKey } from '../../events/port.js';
import { BrokenStream, LEASE_IN_SHARED_LOG } from '../../events/stream.js';
import { unlessCode } from '../attempt.js';
import { VportsError } from '../errors.js';
import { POLICY_PATH } from '../policy/policy-path.js';
import { readdirSync } from '../world/files.js';
import { clockWarnings, lastMoved } from './append/clock.js';
import { eventIds } from './append/event-ids.js';
import type { CommittedFile, RefMove } from './append/journal.js';
import { settleJournal } from './append/settle-journal.js';
import type { LastSigned } from './append/sign-command.js';
import { type StreamEnd, stamp } from './append/stamp.js';
import { TouchedBlocks } from './append/touched-blocks.js';
import { publishCheckedOut } from './append/worktree-commit.js';
import { withWriteErrors } from './append/write-errors.js';
import { CountedEvents } from './counted/index.js';
import {
  type Appended,
  type Batch,
  type EventReader,
  type EventRef,
  type EventWriter,
  type History,
  type LocatedEvent,
  type LogState,
  located,
  type OpenClaim,
  type Origin,
} from './event-log.js';
import { Cache } from './fold/cache.js';
import { blocksOf, type Snapshot } from './fold/snapshot.js';
import { removeLeftFiles } from './git/left-files.js';
import { refuseLinkedFolders } from './git/linked-folders.js';
import { Objects } from './git/objects.js';
import { dropLeftRefLock, locksFolder, RefUpdate, reflogLine } from './git/refs.js';
import { placeOf, privateFolder, type Repository } from './git/repository.js';
import { withSharedModes } from './git/shared-modes.js';
import { FILE } from './git/tree.js';
import { checkoutOf, checkouts, refuseUnderWay } from './git/worktrees.js';
import type { Timeline } from './history/timeline.js';
import { WriterLock } from './lock/writer-lock.js';
import { LogReader, type Reading } from './log-reader.js';
import { branchHeads, QUEUE } from './remote/branch-heads.js';

const LOCK_PATIENCE = 30_000;

export class GitLog implements EventReader, EventWriter {
  readonly #objects: Objects;
  readonly #reader: LogReader;
  readonly #newId = eventIds();
  readonly #counted: CountedEvents | undefined;
  readonly #isShared: boolean;
  #timeline: Timeline | undefined;
  #claims: { head: string; of: ReadonlyMap<PortKey, OpenClaim> } | undefined;
  #lastSigned: LastSigned | undefined;
  #writing = false;

  /** `shared` is the shared branch, whose history is judged: none if nobody else writes. */
  constructor(
    readonly repository: Repository,
    readonly ref: string,
    private readonly options: Pick<Reading, 'base' | 'progress'> & { shared?: string | undefined } = {},
  ) {
    const { shared } = options;
    this.#objects = new Objects(repository.commondir);
    const branch = shared === undefined ? undefined : { repository, objects: this.#objects, ref: shared };
    const counted = branch && new CountedEvents(branch, new Cache(repository.commondir));
    const isShared = ref === shared || ref === QUEUE;
    this.#isShared = isShared;
    this.#counted = counted;
    this.#reader = new LogReader(repository, this.#objects, ref, { ...options, counted, isShared });
  }

  async state(): Promise<LogState> {
    return stateOf(await this.#reader.current());
  }

  async judge(): Promise<boolean> {
    return this.#reader.judge();
  }

  async judgeAtFirst(): Promise<boolean> {
    return this.#counted !== undefined && !this.#counted.isJudged && this.judge();
  }

  async judgeStreams(refs: PortRef[]): Promise<boolean> {
    if (!this.#counted || this.#counted.isJudged) return false;
    const { head } = await this.#reader.current();
    const arePlain = this.#counted.arePlain(head, refs);
    // Overlaps with git, which searches the history meanwhile.
    this.#reader.save();
    return !(await arePlain) && this.judge();
  }

  async blocks(): Promise<ReadonlyMap<string, string>> {
    return new Map(
      [...blocksOf(await this.#reader.current())].map(({ block, oid }) => [blockPath(block), oid]),
    );
  }

  async stateAt(revision: string): Promise<LogState> {
    return stateOf(await this.#at(revision));
  }

  async policySource(): Promise<string> {
    const { policyOid, policyFault } = await this.#reader.current();
    return this.#objects.readText(policyFault?.sound ?? policyOid);
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return withSharedModes(this.repository, () => this.#exclusively(work));
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    refuseLinkedFolders(this.repository);
    const lock = await withWriteErrors(placeOf(this.repository), () =>
      WriterLock.acquire(privateFolder(this.repository), LOCK_PATIENCE, this.options.progress),
    );
    this.#writing = true;
    // Other branches may have moved while this one has not.
    this.forgetClaims();
    try {
      await withWriteErrors(placeOf(this.repository), () => this.#settle());
      await this.#reader.judge();
      return await work();
    } finally {
      this.#writing = false;
      lock.release();
    }
  }

  async append(batch: Batch): Promise<Appended> {
    if (!this.#writing) throw new Error('append outside exclusively');
    if (this.ref === 'HEAD') {
      for (const it of checkouts(this.repository))
        if (it.gitdir === this.repository.gitdir) refuseUnderWay(it);
      throw detached(this.repository);
    }
    const folded = this.#reader.seen ?? (await this.#reader.current());
    const mends = batch.files?.some(({ path }) => path === POLICY_PATH) === true;
    if (folded.policyFault && !mends) throw badPolicy(folded.policyFault.message);
    const events = await this.#signed(folded, batch);
    return withWriteErrors(placeOf(this.repository), async () => {
      try {
        return await this.#publish(folded, batch, events);
      } finally {
        this.#objects.discard();
      }
    });
  }

  async preview(batch: Batch): Promise<LocatedEvent[]> {
    const { inOrder } = await import('../../events/encoding.js');
    return (await this.#stamped(await this.#reader.current(), batch)).map((event) => located(inOrder(event)));
  }

  async events(refs?: PortRef[], revision?: string): Promise<LocatedEvent[]> {
    return this.#reader.events(
      revision === undefined ? await this.#reader.current() : await this.#at(revision),
      refs,
    );
  }

  async history(): Promise<History> {
    return this.#timelineAt(await this.#reader.look());
  }

  async originsOf(events: EventRef[], revision?: string): Promise<Map<string, Origin>> {
    if (revision === undefined) return (await this.#timelineAt(await this.#reader.look())).originsOf(events);
    const { resolveRevision } = await import('./git/revisions.js');
    const { originsOf } = await import('./history/provenance.js');
    const head = await resolveRevision(this.repository, this.ref, revision);
    const paths = events.map((it) => eventPath(it, it.version ?? 1));
    const byPath = await originsOf(this.repository, this.#objects, { head }, paths);
    return new Map(
      events.flatMap(({ id }, index) => {
        const origin = byPath.get(paths[index]!);
        return origin ? [[id, origin] as const] : [];
      }),
    );
  }

  async addedBy(commit: string): Promise<LocatedEvent[]> {
    const { eventsAddedBy } = await import('./history/added-by.js');
    return eventsAddedBy(this.#objects, this.repository.prefix, commit);
  }

  async commit(oid: string): Promise<{ message: string; time: number }> {
    const { message, time } = await this.#objects.readCommit(oid);
    return { message, time };
  }

  async messages(commits: Iterable<string>): Promise<Map<string, string>> {
    return (await import('./history/messages.js')).messagesOf(this.#objects, [...new Set(commits)]);
  }

  async claims(): Promise<ReadonlyMap<PortKey, OpenClaim>> {
    const { head } = await this.#reader.current();
    if (this.#claims?.head === head) return this.#claims.of;
    const heads = branchHeads(this.repository);
    const others = [...heads.values()].some((oid) => oid !== head);
    const shared = this.options.base ?? this.ref;
    const of = others
      ? await (await import('./remote/unmerged-claims.js')).unmergedClaims(
          {
            repository: this.repository,
            objects: this.#objects,
            cache: new Cache(this.repository.commondir),
            ref: this.ref,
          },
          head,
          shared,
          heads,
        )
      : new Map<PortKey, OpenClaim>();
    this.#claims = { head, of };
    return of;
  }

  forgetClaims(): void {
    this.#claims = undefined;
  }

  async close(): Promise<void> {
    this.#objects.close();
    if (!this.#reader.save() || this.repository.prefix !== '') return;
    await (await import('./git/program/maintenance.js')).packGathered(this.repository).catch(() => undefined);
  }

  async #timelineAt({ head, tree }: Pick<Snapshot, 'head' | 'tree'>): Promise<Timeline> {
    const { Timeline } = await import('./history/timeline.js');
    this.#timeline ??= new Timeline(
      this.repository,
      this.#objects,
      new Cache(this.repository.commondir),
      this.ref,
      this.options.progress,
    );
    const lost = (await this.#counted?.lostAt(head, this.#isShared)) ?? [];
    const counted = new Map(lost.map(({ path, first }) => [path, first]));
    const events = await this.#objects.treeAt(tree, this.repository.prefix + EVENTS);
    await this.#timeline.bringTo(head, events, counted);
    return this.#timeline;
  }

  async #at(revision: string): Promise<Snapshot> {
    const { resolveRevision } = await import('./git/revisions.js');
    return this.#reader.at(await resolveRevision(this.repository, this.ref, revision));
  }

  /** With `last`, the ids and time of the events that were signed last. */
  async #stamped(
    folded: Snapshot,
    { events, by, at, newId = this.#newId }: Batch,
    last?: LastSigned,
  ): Promise<PortEvent[]> {
    // Every reader would treat it as damage.
    if (this.#counted && events.some((it) => 'lease' in it))
      throw new BrokenStream('BAD_EVENT', LEASE_IN_SHARED_LOG);
    const touched = await this.#touched(folded, events);
    const ends = new Map<PortKey, StreamEnd>(events.map((it) => [portKey(it), touched.endBefore(it)]));
    const { newest } = folded;
    if (last === undefined) return stamp(events, ends, { by, at, newId, newest });
    const ids = last.events.map(({ id }) => id);
    return stamp(events, ends, { by, at: Date.parse(last.events[0]!.at), newId: () => ids.shift()!, newest });
  }

  async #signed(folded: Snapshot, batch: Batch): Promise<PortEvent[]> {
    const events = await this.#stamped(folded, batch);
    const { policy } = folded;
    const { commondir, prefix } = this.repository;
    if (batch.sign === false || events.length === 0 || policy.signatures === 'off') return events;
    const { signCommand, signsEvents } = await import('./append/sign-command.js');
    if (!signsEvents(policy, commondir)) return events;
    const touched = await this.#touched(folded, events);
    const restored = await touched.restored(events, this.#objects);
    const before = async (event: PortEvent) => {
      const path = eventPath(event, event.version - 1);
      const mended = restored.find((it) => it.path === path)?.content;
      const entry = await this.#objects.entryAt(folded.tree, prefix + path, FILE);
      return mended ?? (entry && this.#objects.readText(entry.oid));
    };
    const last = this.#lastSigned?.events.length === events.length ? this.#lastSigned : undefined;
    const again = last && (await this.#stamped(folded, batch, last));
    this.#lastSigned = await signCommand(events, { policy, commondir, before, last, again });
    return this.#lastSigned.events;
  }

  #touched(folded: Snapshot, events: readonly PortRef[]): Promise<TouchedBlocks> {
    return TouchedBlocks.of(events, (block) => this.#reader.blockAt(folded, block));
  }

  async #publish(folded: Snapshot, batch: Batch, events: PortEvent[]): Promise<Appended> {
    const { stageCommit } = await import('./append/build-commit.js');
    const touched = await this.#touched(folded, events);
    const files = [...(batch.files ?? []), ...(await touched.restored(events, this.#objects))];
    const staged = await stageCommit(
      this.#objects,
      folded,
      this.repository.prefix,
      { ...batch, files },
      events,
    );
    const grown = await touched.grown(events);
    const { oid, tree, files: committed, signature, subject } = staged;
    const old = this.#reader.refAt;
    const reflog = reflogLine({ old, next: oid, who: signature }, subject);
    const warnings = clockWarnings(events, {
      now: batch.at,
      last: lastMoved(this.repository, [this.ref, this.options.base]),
    });
    await this.#moveRef({ ref: this.ref, old, next: oid, reflog }, committed);
    if (files.some(({ restores }) => restores)) this.#reader.forget();
    else await this.#reader.follow(folded, oid, tree, grown);
    const paths = events.map(pathOf);
    return { ref: this.ref, oid, events, paths, warnings };
  }

  async #moveRef(move: RefMove, files: CommittedFile[]): Promise<void> {
    const checkout = checkoutOf(this.repository, this.ref);
    const { ref, old, next } = move;
    if (checkout) {
      await this.#objects.flush();
      await publishCheckedOut(this.repository, this.#objects, checkout, { ...move, files });
      return;
    }
    (await RefUpdate.begin(this.repository, ref, old, next, this.#objects)).finish(move.reflog);
  }

  async #settle(): Promise<void> {
    const marks = unlessCode(['ENOENT'], () => readdirSync(locksFolder(this.repository))) ?? [];
    for (const mark of marks) dropLeftRefLock(this.repository, mark);
    await settleJournal(this.repository, this.#objects);
    removeLeftFiles(this.repository);
  }
}

function stateOf({ head, policy, policyFault, holdings, damaged }: Snapshot): LogState {
  return { head, policy, policyFault: policyFault?.message, holdings, damaged };
}

function badPolicy(message: string): VportsError {
  return new VportsError('BAD_POLICY', `cannot write while the policy is unreadable: ${message}`, {
    hint: '`vports doctor --fix` restores the last readable one',
  });
}

function detached(repository: Repository): VportsError {
  return new VportsError('CONFLICT', `${placeOf(repository)} has a detached HEAD`, {
    hint: 'check out a branch: `git switch BRANCH`',
    details: { path: placeOf(repository) },
  });
}
