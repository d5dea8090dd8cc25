import { join } from 'node:path';
import { VportsError, type Warning } from '../errors.js';
import { quietly } from '../files/quietly.js';
import { readRegularText } from '../files/regular-file.js';
import { shellWord } from '../files/shell-word.js';
import { type Moment, parseMoment, passedBetween, thisMoment } from '../process/moment.js';
import { type Progress, whileWaiting } from '../progress.js';
import { refusalOf } from '../system-error.js';
import { existsSync, mkdirSync, rmSync, writeFileSync } from '../world/files.js';
import type { Transport } from '../world/index.js';
import { world } from '../world/index.js';
import { withWriteErrors } from './append/write-errors.js';
import type { Appended, EventLog, EventReader, EventWriter, OpenOptions, Publisher } from './event-log.js';
import { isAncestor } from './git/ancestry.js';
import { removeLeftFiles } from './git/left-files.js';
import { Objects, objectName } from './git/objects.js';
import { branchName } from './git/ref-name.js';
import { readRef, SEEN } from './git/refs.js';
import { placeOf, privateFolder, type Repository } from './git/repository.js';
import { withSharedModes } from './git/shared-modes.js';
import { FILE } from './git/tree.js';
import { GitLog } from './git-log.js';
import { WriterLock } from './lock/writer-lock.js';
import { FETCHED, QUEUE } from './remote/branch-heads.js';
import { fastForward } from './remote/fast-forward.js';
import { rewritten } from './remote/history-rewritten.js';
import { openTransport } from './remote/open-transport.js';
import { PushBackoff } from './remote/push-backoff.js';
import { RejectedPushes } from './remote/rejected-pushes.js';
import { RemoteMoved, stuckThere } from './remote/remote-answers.js';
import { withoutSecrets } from './remote/remote-url.js';

/** How long others of this machine are waited for while they talk to the remote, in milliseconds. */
const REMOTE_PATIENCE = 120_000;
/** Below this many writes since the last look, as they are to be expected, it is more likely that there was none. */
const LIKELY_UNMOVED = 0.7;
/** How many commits tell how often a branch is written to. */
const COUNTED = 20;
/** A ref is locked for as long as it takes to write it. Milliseconds. */
const LOCK_AT_REMOTE = 5_000;

/**
 * A log whose shared branch is the remote's. What is appended goes to a queue first; whoever then has the remote lock pushes
 * all that is queued at once, and the others of this machine find theirs published. The local branch follows only what the
 * remote has: nothing is ever pending on it.
 */
export class SharedLog implements EventLog, Publisher {
  readonly queued: EventReader;
  readonly writer: EventWriter;
  readonly publisher: Publisher = this;
  readonly repository: Repository;
  readonly transport: Transport;
  readonly #ref: string;
  #inTheWay: { lock: string; head: string | undefined; since: Moment } | undefined;
  readonly #beforePush: ((url: string) => void) | undefined;
  readonly #progress: Progress | undefined;
  readonly #main: GitLog;
  readonly #queue: GitLog;
  readonly #objects: Objects;
  readonly #races: PushBackoff;
  readonly #refusals: RejectedPushes;
  #writing = false;
  #landed: string | undefined;
  /** Whether what is to be pushed was decided without a look at the remote. */
  #unseen = false;
  readonly warnings: Warning[] = [];

  constructor(
    repository: Repository,
    url: string,
    ref: string,
    { progress, beforePush }: Pick<OpenOptions, 'progress' | 'beforePush'> = {},
  ) {
    this.repository = repository;
    this.transport = openTransport(repository, url);
    this.#beforePush = beforePush;
    this.#progress = progress;
    this.#ref = ref;
    this.#main = new GitLog(repository, ref, { progress });
    this.#queue = new GitLog(repository, QUEUE, { base: ref, progress });
    this.#objects = new Objects(repository.commondir);
    this.#races = new PushBackoff(this.transport.gitdir);
    this.#refusals = new RejectedPushes(this.transport.gitdir);
    this.queued = withPastOf(this.#main, this.#queue);
    this.writer = {
      exclusively: (work) => this.#exclusively(work),
      append: async (batch) => ({ ...(await this.#queue.append(batch)), ref }),
      preview: (batch) => this.#main.preview(batch),
    };
  }

  get reader(): EventReader {
    return this.#writing ? this.queued : this.#main;
  }

  /** Throws where the remote may not be pushed to. */
  requirePushable(): void {
    this.#beforePush?.(this.transport.url);
  }

  /** Reads meanwhile see what is queued. What may not be pushed is not decided either. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.requirePushable();
    return this.#queue.exclusively(async () => {
      this.#writing = true;
      try {
        return await work();
      } finally {
        this.#writing = false;
      }
    });
  }

  turn(): Promise<void> {
    const others = `a turn at ${withoutSecrets(this.transport.url)}, where others write too`;
    return whileWaiting(this.#progress, others, () => this.#races.turn());
  }

  /**
   * It pays while the chance that somebody has written since the last look is under a half, as a push that comes too late costs more
   * than a look: while the age of that look, times how often the branch is written to, is below 0.7.
   */
  async mayPublishFirst(): Promise<boolean> {
    this.#unseen = false;
    const age = passedBetween(this.#lastLook(), thisMoment());
    const known = readRef(this.repository, this.#ref);
    if (!this.transport.leases || age === undefined || age < 0) return false;
    if (known === undefined || known !== this.fetched(this.#ref) || this.#races.areLost()) return false;
    this.#unseen = age * (await writesEach(this.#objects, known)) < LIKELY_UNMOVED;
    return this.#unseen;
  }

  async refresh(): Promise<void> {
    this.#unseen = false;
    const begun = thisMoment();
    const settled = () => (passedBetween(begun, this.#lastLook()) ?? -1) >= 0;
    await this.#alone(async () => {
      if (!settled()) await this.#fetch();
    }, settled);
  }

  /** Where a branch of the remote stood when it was last seen. */
  fetched(ref: string): string | undefined {
    return readRef(this.#remotes(), ref.replace('refs/heads/', FETCHED));
  }

  /** Pushes another branch than the shared one. Throws RemoteMoved, PUSH_REJECTED, REMOTE_UNREACHABLE. */
  pushBranch(oid: string, ref: string): Promise<void> {
    this.requirePushable();
    return this.#alone(async () => {
      await this.transport.push(oid, ref);
      await this.#track(ref, oid);
    });
  }

  /** Remembers what the remote has taken: others have to see what it claims before the next fetch. */
  async #track(ref: string, oid: string): Promise<void> {
    const before = this.fetched(ref);
    if (before !== oid) await fastForward(this.#remotes(), ref.replace('refs/heads/', FETCHED), before, oid);
  }

  /** The git directory that has the branches of the remote. */
  #remotes(): Repository {
    const { gitdir } = this.transport;
    return { ...this.repository, gitdir, commondir: gitdir };
  }

  async publish(appended: Appended): Promise<'pushed' | 'moved'> {
    try {
      return await this.#publish(appended);
    } catch (error) {
      // Nobody may find in the queue, and push, what this command says did not come about.
      const told = error instanceof VportsError ? error : refusalOf(error);
      if (told && (await this.#withdraw(appended))) return 'pushed';
      throw told ?? error;
    }
  }

  /** Whether it is too late to take back what was queued: the remote has it. The others in the queue decide theirs again. */
  async #withdraw(appended: Appended): Promise<boolean> {
    return this.#queue.exclusively(async () => {
      if (await this.#isPublished(appended)) return true;
      if (readRef(this.repository, QUEUE) !== undefined && (await this.#has(QUEUE, appended)))
        this.#dropQueue();
      return false;
    });
  }

  async #isPublished(appended: Appended): Promise<boolean> {
    if (await this.#has(this.#ref, appended)) return true;
    return this.#landed !== undefined && this.#isAncestor(appended.oid, this.#landed);
  }

  async #publish(appended: Appended): Promise<'pushed' | 'moved'> {
    for (;;) {
      if (await this.#isPublished(appended)) return 'pushed';
      if (!(await this.#has(QUEUE, appended))) {
        const refusal = this.#refusals.of(appended.oid);
        if (refusal) throw refusal;
        return 'moved';
      }
      const before = readRef(this.repository, this.#ref);
      // Whoever has the lock may have pushed ours too, or dropped it.
      const settled = () =>
        readRef(this.repository, this.#ref) !== before || readRef(this.repository, QUEUE) === undefined;
      await this.#alone(async () => {
        if (!settled()) await this.#push();
      }, settled);
    }
  }

  has(appended: Appended): Promise<boolean> {
    return this.#has(this.#ref, appended);
  }

  async settled(): Promise<boolean> {
    if (readRef(this.repository, QUEUE) === undefined) return false;
    await this.#alone(async () => {
      if (readRef(this.repository, QUEUE) !== undefined) await this.#push();
    });
    return true;
  }

  async close(): Promise<void> {
    this.#objects.close();
    await Promise.all([this.#main.close(), this.#queue.close()]);
  }

  /** Pushes all that is queued. What the remote has not taken is queued no more; what it refuses is remembered. */
  async #push(): Promise<void> {
    const head = readRef(this.repository, QUEUE)!;
    const begun = thisMoment();
    try {
      await this.transport.push(head, this.#ref, this.fetched(this.#ref));
    } catch (error) {
      return this.#pushFailed(head, error);
    }
    this.#races.won();
    if (await this.#pushed(head)) this.#looked(begun);
  }

  /** Follows to what the remote has taken. That has happened: where it cannot be followed here, `warnings` say so. */
  async #pushed(head: string): Promise<boolean> {
    try {
      await this.#queue.exclusively(async () => {
        await this.#track(this.#ref, head);
        await this.#moveTo(head);
        if (readRef(this.repository, QUEUE) === head) this.#dropQueue();
      });
      return true;
    } catch (error) {
      const told = error instanceof VportsError ? error : refusalOf(error);
      if (!told) throw error;
      this.#landed = head;
      const message = `it is on ${withoutSecrets(this.transport.url)}, and this machine does not have it yet: ${told.message}`;
      this.warnings.push({ code: told.code, message, hint: told.hint });
      return false;
    }
  }

  async #pushFailed(head: string, error: unknown): Promise<void> {
    if (error instanceof RemoteMoved) {
      // What is queued was decided on what the remote was; whoever decides anew looks first.
      if (!this.#unseen) this.#races.lost(passedBetween(this.#lastLook(), thisMoment()) ?? 0);
      this.#unseen = false;
      await this.#queue.exclusively(async () => this.#dropQueue());
      const { obstacle } = error;
      if (obstacle && this.#isLeft(obstacle.lock ?? '')) throw stuckThere(this.transport.url, obstacle);
      if (!obstacle) this.#inTheWay = undefined;
      return;
    }
    if (isRefusal(error)) return this.#pushOneByOne(head, error);
    // The answer may have been lost on the way back: what the remote has now tells.
    const fetched = await this.#fetch().then(
      () => true,
      () => false,
    );
    if (fetched && readRef(this.repository, QUEUE) === undefined) return;
    await this.#queue.exclusively(async () => this.#dropQueue());
    throw error;
  }

  /** Whether a lock at the remote, or whatever else, has stood in the way of one try after the other for longer than any push takes. */
  #isLeft(lock: string): boolean {
    const now = thisMoment();
    // Where the branch has moved meanwhile it was somebody's, and the next one is another's.
    const head = this.fetched(this.#ref);
    if (this.#inTheWay?.lock !== lock || this.#inTheWay.head !== head)
      this.#inTheWay = { lock, head, since: now };
    return (passedBetween(this.#inTheWay.since, now) ?? 0) >= LOCK_AT_REMOTE;
  }

  /** One of these commits is refused, and the others must not be lost for it: they go up to that one, and the rest is decided anew. */
  async #pushOneByOne(head: string, error: VportsError): Promise<void> {
    const queued = await this.#queuedUpTo(head);
    for (const oid of queued) {
      // The only one has just been refused.
      const failed = queued.length === 1 ? error : await this.#failureOf(oid);
      if (failed === undefined) {
        await this.#pushed(oid);
        continue;
      }
      if (!isRefusal(failed)) return this.#pushFailed(oid, failed);
      this.#refusals.refuse(oid, failed);
      break;
    }
    await this.#queue.exclusively(async () => this.#dropQueue());
  }

  /** What comes of pushing up to a commit; undefined where the remote takes it. */
  #failureOf(oid: string): Promise<unknown> {
    return this.transport.push(oid, this.#ref, this.fetched(this.#ref)).then(
      () => undefined,
      (cause: unknown) => cause,
    );
  }

  /** What is queued, the oldest first. */
  async #queuedUpTo(head: string): Promise<string[]> {
    const published = readRef(this.repository, this.#ref);
    const queued: string[] = [];
    for (let at: string | undefined = head; at !== undefined && at !== published; ) {
      queued.unshift(at);
      [at] = (await this.#objects.readCommit(at)).parents;
    }
    return queued;
  }

  /** Brings the shared branch to what the remote has. */
  async #fetch(): Promise<void> {
    const begun = thisMoment();
    await this.transport.fetch();
    const head = this.fetched(this.#ref);
    if (head === undefined) throw await this.#branchGone();
    await this.#queue.exclusively(async () => {
      const seen = readRef(this.repository, SEEN) ?? this.#trackedByGit();
      if (seen !== undefined && !(await this.#isAncestor(seen, head))) {
        throw await rewritten(this.repository, this.#objects, withoutSecrets(this.transport.url), seen, head);
      }
      const old = readRef(this.repository, this.#ref);
      if (old !== undefined && old !== seen && !(await this.#isAncestor(old, head))) throw this.#ownCommits();
      await this.#moveTo(head);
      const queued = readRef(this.repository, QUEUE);
      const onTop = queued !== undefined && queued !== head && (await this.#isAncestor(head, queued));
      if (queued !== undefined && !onTop) this.#dropQueue();
    });
    this.#looked(begun);
  }

  async #moveTo(head: string): Promise<void> {
    const old = readRef(this.repository, this.#ref);
    if (old !== head) await fastForward(this.repository, this.#ref, old, head);
    const seen = readRef(this.repository, SEEN);
    if (seen !== head) await fastForward(this.repository, SEEN, seen, head);
  }

  #isAncestor(ancestor: string, of: string): Promise<boolean> {
    return isAncestor(this.repository, this.#objects, ancestor, of);
  }

  /** In a clone that a person has made: where git itself saw the remote's branch last. */
  #trackedByGit(): string | undefined {
    return readRef(this.repository, this.#ref.replace('refs/heads/', FETCHED));
  }

  /** Whether a branch has what was appended: its events by path and content, else the commit itself. */
  async #has(ref: string, { oid, events, paths }: Appended): Promise<boolean> {
    const head = readRef(this.repository, ref);
    if (head === undefined) return false;
    if (events.length === 0) return this.#isAncestor(oid, head);
    const { encodeEvent } = await import('../../events/encoding.js');
    const { tree } = await this.#objects.readCommit(head);
    const entry = await this.#objects.entryAt(tree, this.repository.prefix + paths[0]!, FILE);
    return entry?.oid === objectName('blob', Buffer.from(encodeEvent(events[0]!)));
  }

  /** Only the holder of the writer lock may call it. */
  #dropQueue(): void {
    rmSync(join(this.repository.commondir, QUEUE), { force: true });
  }

  /** Runs `work` as the only one on this machine that talks to the remote for this log. */
  #alone(work: () => Promise<void>, settled = () => false): Promise<void> {
    return withSharedModes(this.repository, () => this.#locked(work, settled));
  }

  async #locked(work: () => Promise<void>, settled: () => boolean): Promise<void> {
    const folder = join(privateFolder(this.repository), 'remote');
    const lock = await withWriteErrors(placeOf(this.repository), () =>
      WriterLock.acquireUnless(folder, REMOTE_PATIENCE, { settled, progress: this.#progress }),
    );
    if (!lock) return;
    try {
      await withWriteErrors(placeOf(this.repository), async () => {
        removeLeftFiles(this.#remotes());
        const remote = withoutSecrets(this.transport.url);
        await whileWaiting(this.#progress, `${remote} to answer`, work);
      });
    } finally {
      lock.release();
    }
  }

  /** When the last look at the remote began that succeeded: who waited for it since before then need not look again. */
  #lastLook(): Moment {
    const path = this.#lookPath();
    return (existsSync(path) && parseMoment(readRegularText(path))) || { boot: '', at: 0 };
  }

  #looked(begun: Moment): void {
    quietly(() => {
      mkdirSync(this.transport.gitdir, { recursive: true });
      writeFileSync(this.#lookPath(), JSON.stringify(begun));
    });
  }

  #lookPath(): string {
    return join(this.transport.gitdir, 'last-look');
  }

  #ownCommits(): VportsError {
    const branch = branchName(this.#ref);
    const place = placeOf(this.repository);
    return new VportsError(
      'CONFLICT',
      `${branch} in ${place} has commits that ${withoutSecrets(this.transport.url)} has not`,
      {
        hint: `push them with git (\`git -C ${shellWord(place)} pull --rebase && git -C ${shellWord(place)} push\`), or move them to another branch`,
        details: { branch, path: place },
      },
    );
  }

  async #branchGone(): Promise<VportsError> {
    const branch = branchName(this.#ref);
    const remote = withoutSecrets(this.transport.url);
    const seen = readRef(this.repository, SEEN) ?? readRef(this.repository, this.#ref);
    const now = await this.transport.defaultBranch().catch(() => undefined);
    const there = now === undefined ? undefined : this.fetched(now);
    if (
      now !== undefined &&
      there !== undefined &&
      seen !== undefined &&
      (await this.#isAncestor(seen, there))
    )
      return this.#renamed(branch, branchName(now));
    return new VportsError('HISTORY_REWRITTEN', `${remote} has no branch ${branch} any more`, {
      hint: `somebody deleted it; \`git push ${shellWord(remote)} ${shellWord(`${seen?.slice(0, 10)}:${this.#ref}`)}\` from ${this.repository.commondir} brings it back`,
      details: { ref: this.#ref },
    });
  }

  /** All that was seen is on the branch that the remote now calls its own: who pushed the old one would part the registry in two. */
  #renamed(branch: string, now: string): VportsError {
    const { commondir, worktree } = this.repository;
    const rename = `branch -m ${shellWord(branch)} ${shellWord(now)}`;
    const hint =
      worktree === null
        ? `\`git --git-dir=${shellWord(commondir)} ${rename}\` follows`
        : `in ${worktree}: \`git fetch origin && git ${rename} && git branch -u origin/${now} && git remote set-head origin -a\` follows`;
    return new VportsError(
      'HISTORY_REWRITTEN',
      `${withoutSecrets(this.transport.url)} calls its branch ${now} now, which was ${branch}`,
      { hint, details: { ref: this.#ref, now } },
    );
  }
}

/** Writes a millisecond, by the last commits of a branch. */
async function writesEach(objects: Objects, head: string): Promise<number> {
  let [count, oldest] = [0, world.now()];
  for (let at: string | undefined = head; at !== undefined && count < COUNTED; count++) {
    const { time, parents } = await objects.readCommit(at);
    oldest = time * 1_000;
    [at] = parents;
  }
  return count / Math.max(1_000, world.now() - oldest);
}

function isRefusal(error: unknown): error is VportsError {
  return error instanceof VportsError && error.code === 'PUSH_REJECTED';
}

/** What is held with all that is queued; how it came about only as far as it is published. */
function withPastOf(published: EventReader, queue: EventReader): EventReader {
  return {
    state: () => queue.state(),
    policySource: () => queue.policySource(),
    events: (refs, revision) => queue.events(refs, revision),
    claims: () => queue.claims(),
    blocks: () => published.blocks(),
    stateAt: (revision) => published.stateAt(revision),
    history: () => published.history(),
    originsOf: (events, revision) => published.originsOf(events, revision),
    addedBy: (commit) => published.addedBy(commit),
    commit: (oid) => published.commit(oid),
    messages: (commits) => published.messages(commits),
  };
}
