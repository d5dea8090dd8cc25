import { join } from 'node:path';
import { VportsError, type Warning } from '../../errors.js';
import { thisMoment } from '../../process/moment.js';
import { whileWaiting } from '../../progress.js';
import { reported } from '../../system-error.js';
import type { Transport } from '../../world/index.js';
import type { Appended, EventLog, EventReader, EventWriter, OpenOptions, Publisher } from '../event-log.js';
import { isAncestor } from '../git/ancestry.js';
import { rmSync } from '../git/guarded-files.js';
import { refuseLinkedFolders } from '../git/linked-folders.js';
import { Objects } from '../git/objects.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { GitLog } from '../git-log.js';
import { QUEUE } from '../remote/branch-heads.js';
import { FetchedRefs } from '../remote/fetched-refs.js';
import { pushPastLocks } from '../remote/locks-in-the-way.js';
import { mayHaveArrived } from '../remote/may-have-arrived.js';
import { openTransport } from '../remote/open-transport.js';
import { PushBackoff } from '../remote/push-backoff.js';
import { RejectedPushes } from '../remote/rejected-pushes.js';
import { LockedHere, RemoteMoved } from '../remote/remote-answers.js';
import { withoutSecrets } from '../remote/remote-url.js';
import { branchGone, follow, type SharedBranch } from './follow.js';
import { LastLook } from './last-look.js';
import { ProposalBranches } from './proposal-branches.js';
import { withPastOf } from './queued-reader.js';
import { RemoteLock } from './remote-lock.js';
import { hasAppended, type Standing, standingOf } from './standing.js';

type Fate = 'published' | 'waiting' | 'dropped';

/**
 * A log whose shared branch is at a remote. Appended commits are queued first (see Standing); the process with the remote lock publishes the whole
 * queue, and the others of this machine find theirs published. The local branch only follows the remote, and never has pending commits.
 */
export class SharedLog implements EventLog, Publisher {
  readonly queued: EventReader;
  readonly writer: EventWriter;
  readonly publisher: Publisher = this;
  readonly branches: ProposalBranches;
  readonly transport: Transport;
  readonly fetched: FetchedRefs;
  readonly warnings: Warning[] = [];
  readonly said: string[] = [];
  readonly #main: GitLog;
  readonly #queue: GitLog;
  readonly #objects: Objects;
  readonly #branch: SharedBranch;
  readonly #remoteLock: RemoteLock;
  readonly #lastLook: LastLook;
  readonly #races: PushBackoff;
  readonly #refusals: RejectedPushes;
  #writing = false;
  /** A published head that could not be followed here: `warnings` say why. */
  #landed: string | undefined;
  /** Whether the pending commit was decided without a fetch. */
  #decidedBlind = false;

  constructor(
    readonly repository: Repository,
    url: string,
    readonly ref: string,
    private readonly options: Pick<OpenOptions, 'progress' | 'beforePush'> = {},
  ) {
    const { progress } = options;
    this.transport = openTransport(repository, url);
    this.fetched = new FetchedRefs(repository);
    this.#main = new GitLog(repository, ref, { progress, shared: ref });
    this.#queue = new GitLog(repository, QUEUE, { base: ref, progress, shared: ref });
    this.#objects = new Objects(repository.commondir);
    const { transport, fetched } = this;
    this.#branch = { repository, objects: this.#objects, ref, transport, fetched };
    this.#remoteLock = new RemoteLock(repository, transport, progress);
    this.#lastLook = new LastLook(fetched.gitdir);
    this.#races = new PushBackoff(fetched.gitdir);
    this.#refusals = new RejectedPushes(fetched.gitdir);
    this.queued = withPastOf(this.#main, this.#queue);
    this.branches = new ProposalBranches({
      ...this.#branch,
      said: this.said,
      requirePushable: () => this.requirePushable(),
      asSpeaker: (work) => this.#remoteLock.hold(work),
      asWriter: (work) => this.#main.exclusively(work),
    });
    this.writer = {
      exclusively: (work) => this.#exclusively(work),
      append: async (batch) => ({ ...(await this.#queue.append(batch)), ref }),
      preview: (batch) => this.#main.preview(batch),
    };
  }

  get reader(): EventReader {
    return this.#writing ? this.queued : this.#main;
  }

  requirePushable(): void {
    this.options.beforePush?.(this.transport.url);
  }

  /** Until then reads include the queue, which starts at the branch. Without permission to push, nothing is decided. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.requirePushable();
    return this.#queue.exclusively(async () => {
      await this.#dropOvertaken();
      this.#writing = true;
      try {
        return await work();
      } finally {
        this.#writing = false;
      }
    });
  }

  // Looking at the remote

  turn(): Promise<void> {
    const others = `its turn at ${withoutSecrets(this.transport.url)}, where others are writing too`;
    return whileWaiting(this.options.progress, others, () => this.#races.turn());
  }

  /** True if the remote has most likely not moved since the last fetch: a rejected push costs more than a fetch. */
  async mayPublishFirst(): Promise<boolean> {
    this.#decidedBlind = false;
    const known = readRef(this.repository, this.ref);
    // A fetched head that was not followed has not been read.
    const isKnown = known !== undefined && known === this.fetched.at(this.ref);
    if (!isKnown || this.#races.hasLost()) return false;
    this.#decidedBlind = await this.#lastLook.isLikelyUnmoved(this.#objects, known);
    return this.#decidedBlind;
  }

  async refresh(): Promise<void> {
    this.#decidedBlind = false;
    const begun = thisMoment();
    const isDone = () => this.#lastLook.isSince(begun);
    await this.#remoteLock.hold(async () => {
      if (!isDone()) await this.#look();
    }, isDone);
    // Other branches may have moved while the shared one has not.
    this.#main.forgetClaims();
  }

  /** Requires the remote lock. */
  async #look(): Promise<void> {
    const begun = thisMoment();
    refuseLinkedFolders(this.repository);
    await this.transport.fetch();
    const head = this.fetched.at(this.ref);
    if (head === undefined) throw await branchGone(this.#branch);
    await this.#queue.exclusively(async () => {
      await follow(this.#branch, head);
      await this.#dropOvertaken();
    });
    this.#lastLook.set(begun);
    await this.#judge();
  }

  /** A history that cannot be judged must not block anybody: a warning is enough. */
  async #judge(): Promise<void> {
    try {
      await this.#main.judge();
    } catch (error) {
      if (!(error instanceof VportsError)) throw error;
      this.warnings.push(error.asWarning(`could not check the history: ${error.message}`));
    }
  }

  // Publishing what is queued

  async publish(appended: Appended): Promise<'pushed' | 'moved'> {
    try {
      for (;;) {
        const fate = await this.#fateOf(appended);
        if (fate === 'published') return 'pushed';
        if (fate === 'dropped') return this.#decidedAgain(appended);
        await this.#publishQueued();
      }
    } catch (error) {
      return this.#withdrawn(appended, reported(error));
    }
  }

  /** A command that reports failure must leave nothing in the queue that others might publish. */
  async #withdrawn(appended: Appended, why: VportsError): Promise<'pushed'> {
    const isTooLate = await this.#withdraw(appended).catch(() => undefined);
    if (isTooLate) return 'pushed';
    if (isTooLate === false && why.code !== 'REMOTE_UNREACHABLE') throw why;
    throw mayHaveArrived(why);
  }

  async #fateOf(appended: Appended): Promise<Fate> {
    if (await this.#isPublished(appended)) return 'published';
    return (await this.#has(QUEUE, appended)) ? 'waiting' : 'dropped';
  }

  /** Somebody else was faster, or the remote has rejected this very commit. */
  #decidedAgain({ oid }: Appended): 'moved' {
    const refusal = this.#refusals.of(oid);
    if (refusal) throw refusal;
    return 'moved';
  }

  /** Publishes the queue, or waits for the process that does. Afterwards the commit is published, dropped or rejected, or this throws. */
  async #publishQueued(): Promise<void> {
    const before = [readRef(this.repository, this.ref), readRef(this.repository, QUEUE)];
    const isDone = () =>
      readRef(this.repository, this.ref) !== before[0] || readRef(this.repository, QUEUE) === undefined;
    await this.#remoteLock.hold(async () => {
      if (!isDone()) await this.#lead();
    }, isDone);
  }

  /** Requires the remote lock. */
  async #lead(): Promise<void> {
    const standing = await this.#standing();
    if (standing.is !== 'waiting') return this.#queue.exclusively(() => this.#dropOvertaken());
    const { commits, base } = standing;
    const head = commits.at(-1)!;
    const begun = thisMoment();
    try {
      await pushPastLocks(this.transport, { ref: this.ref, oid: head, lease: base });
    } catch (error) {
      return this.#notTaken(standing, error);
    }
    this.#races.won();
    if (await this.#took(head)) this.#lastLook.set(begun);
  }

  /** Follows a successful push. If that fails locally, the push still counts, and `warnings` say so. */
  async #took(head: string): Promise<boolean> {
    try {
      await this.#queue.exclusively(async () => {
        this.fetched.track(this.ref, head);
        await follow(this.#branch, head);
        await this.#dropOvertaken();
      });
      return true;
    } catch (error) {
      const why = reported(error);
      this.#landed = head;
      const message = `it was pushed to ${withoutSecrets(this.transport.url)}, but this machine could not follow: ${why.message}`;
      this.warnings.push(why.asWarning(message));
      return false;
    }
  }

  async #notTaken(standing: Standing & { is: 'waiting' }, error: unknown): Promise<void> {
    if (error instanceof LockedHere) throw error;
    if (error instanceof RemoteMoved) {
      // The queue was based on an outdated head; the commands decide again after a fetch.
      if (!this.#decidedBlind) this.#races.lost(this.#lastLook.age() ?? 0);
      this.#decidedBlind = false;
      this.#lastLook.forget();
      return this.#dropQueue();
    }
    if (error instanceof VportsError && error.code === 'PUSH_REJECTED')
      return this.#pushOneByOne(standing, error);
    // The answer may have been lost: the remote's head shows whether the push succeeded.
    await this.#look().catch(() => undefined);
    if ((await this.#standing()).is !== 'waiting') return;
    await this.#dropQueue();
    throw error;
  }

  /** One of the commits is rejected: those before it are pushed, and those after it decided again. */
  async #pushOneByOne({ commits, base }: Standing & { is: 'waiting' }, error: VportsError): Promise<void> {
    let lease = base;
    for (const oid of commits) {
      // A single commit has just been rejected.
      const failed = commits.length === 1 ? error : await this.#failureOf({ oid, lease });
      if (failed === undefined) {
        await this.#took(oid);
        lease = oid;
        continue;
      }
      const isRejected = failed instanceof VportsError && failed.code === 'PUSH_REJECTED';
      if (isRejected) this.#refusals.refuse(oid, failed);
      await this.#dropQueue();
      if (isRejected || failed instanceof RemoteMoved) return;
      throw failed;
    }
  }

  #failureOf({ oid, lease }: { oid: string; lease: string }): Promise<unknown> {
    const pushed = pushPastLocks(this.transport, { ref: this.ref, oid, lease });
    return pushed.then(
      () => undefined,
      (cause: unknown) => cause,
    );
  }

  /**
   * Withdraws a queued commit; true if it is too late, as the remote has it. The other queued commands decide again. Without the remote
   * lock another process may be publishing it: then it stays, and the error says that it may still arrive.
   */
  async #withdraw(appended: Appended): Promise<boolean> {
    let isTooLate = false;
    await this.#remoteLock.hold(async () => {
      isTooLate = await this.#isPublished(appended);
      if (!isTooLate && (await this.#has(QUEUE, appended))) await this.#dropQueue();
    });
    return isTooLate;
  }

  async settled(): Promise<boolean> {
    if (readRef(this.repository, QUEUE) === undefined) return false;
    await this.#publishQueued();
    return true;
  }

  has(appended: Appended): Promise<boolean> {
    return this.#has(this.ref, appended);
  }

  async #isPublished(appended: Appended): Promise<boolean> {
    if (await this.#has(this.ref, appended)) return true;
    return this.#landed !== undefined && isAncestor(this.#objects, appended.oid, this.#landed);
  }

  #has(ref: string, appended: Appended): Promise<boolean> {
    return hasAppended(this.repository, this.#objects, ref, appended);
  }

  // The queue

  #standing(): Promise<Standing> {
    return standingOf(this.repository, this.#objects, this.ref);
  }

  /** Requires the writer lock. */
  async #dropOvertaken(): Promise<void> {
    const { is } = await this.#standing();
    if (is === 'overtaken' || is === 'landed') this.#removeQueue();
  }

  #dropQueue(): Promise<void> {
    return this.#queue.exclusively(async () => this.#removeQueue());
  }

  #removeQueue(): void {
    rmSync(join(this.repository.commondir, QUEUE), { force: true });
  }

  async close(): Promise<void> {
    this.#objects.close();
    await Promise.all([this.#main.close(), this.#queue.close()]);
  }
}
