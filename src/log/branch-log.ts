import { join } from 'node:path';
import { VportsError, type Warning } from '../errors.js';
import { existsSync, mkdirSync, rmSync, writeFileSync } from '../world/files.js';
import { world } from '../world/index.js';
import type {
  Appended,
  Batch,
  EventLog,
  EventReader,
  EventWriter,
  OpenOptions,
  Publisher,
} from './event-log.js';
import { isAncestor } from './git/ancestry.js';
import { Objects } from './git/objects.js';
import { branchName } from './git/ref-name.js';
import { RefUpdate, readRef } from './git/refs.js';
import type { Repository } from './git/repository.js';
import { checkoutOf } from './git/worktrees.js';
import { GitLog } from './git-log.js';
import { pendingFolder } from './remote/branch-heads.js';
import { fastForward } from './remote/fast-forward.js';
import { RemoteMoved } from './remote/remote-answers.js';
import { withoutSecrets } from './remote/remote-url.js';
import type { SharedLog } from './shared-log.js';

/**
 * A branch beside the shared one, on its way to a pull request. Without a network it takes commits all the same, and keeps
 * them to be pushed later.
 */
export class BranchLog implements EventLog, Publisher {
  readonly reader: EventReader;
  readonly queued: EventReader;
  readonly writer: EventWriter;
  readonly publisher: Publisher = this;
  readonly #shared: SharedLog;
  readonly #repository: Repository;
  readonly #ref: string;
  readonly #sharedRef: string;
  readonly #log: GitLog;
  readonly #objects: Objects;
  readonly #startsAnew: boolean;
  #offline = false;

  get warnings(): readonly Warning[] {
    return this.#shared.warnings;
  }

  constructor(
    shared: SharedLog,
    ref: string,
    sharedRef: string,
    { progress, startsAnew = false }: Pick<OpenOptions, 'progress' | 'startsAnew'> = {},
  ) {
    this.#shared = shared;
    this.#repository = shared.repository;
    this.#ref = ref;
    this.#sharedRef = sharedRef;
    this.#startsAnew = startsAnew;
    this.#log = new GitLog(shared.repository, ref, { base: sharedRef, progress });
    this.#objects = new Objects(shared.repository.commondir);
    this.reader = this.#log;
    this.queued = this.#log;
    this.writer = {
      exclusively: (work) => {
        shared.requirePushable();
        return this.#log.exclusively(work);
      },
      append: (batch) => this.#append(batch),
      preview: (batch) => this.#log.preview(batch),
    };
  }

  async #append(batch: Batch): Promise<Appended> {
    const appended = await this.#log.append(batch);
    // Still as the only writer: the next one has to see what this branch claims.
    markPending(this.#repository, this.#ref, true);
    return appended;
  }

  /** Nobody is raced on a branch of one's own. */
  async turn(): Promise<void> {}

  async refresh(): Promise<void> {
    try {
      await this.#shared.refresh();
    } catch (error) {
      if (!(error instanceof VportsError) || error.code !== 'REMOTE_UNREACHABLE') throw error;
      this.#offline = true;
      return;
    }
    await this.#log.exclusively(async () => {
      await this.#follow();
      if (this.#startsAnew) await this.#startAnew();
    });
  }

  /** What the remote does not get now, `sync` pushes later. */
  async publish({ oid }: Appended): Promise<'local' | 'pushed' | 'moved'> {
    if (this.#offline) return 'local';
    try {
      await this.#shared.pushBranch(oid, this.#ref);
    } catch (error) {
      if (error instanceof RemoteMoved) return this.#takeBack(oid);
      if (!(error instanceof VportsError)) throw error;
      if (error.code === 'REMOTE_UNREACHABLE') return 'local';
      throw error.code === 'PUSH_REJECTED' ? await this.#refused(oid, error) : error;
    }
    await this.#log.exclusively(async () => {
      // Somebody else here may have added to it in the meantime.
      if (readRef(this.#repository, this.#ref) === oid) markPending(this.#repository, this.#ref, false);
    });
    return 'pushed';
  }

  async mayPublishFirst(): Promise<false> {
    return false;
  }

  async has(): Promise<boolean> {
    return false;
  }

  async settled(): Promise<false> {
    return false;
  }

  async close(): Promise<void> {
    this.#objects.close();
    await Promise.all([this.#log.close(), this.#shared.close()]);
  }

  /** Brings the branch to what the remote has of it, where somebody else has added to it. */
  async #follow(): Promise<void> {
    const theirs = this.#shared.fetched(this.#ref);
    const ours = readRef(this.#repository, this.#ref);
    if (theirs === undefined || theirs === ours) return;
    if (ours !== undefined && (await isAncestor(this.#repository, this.#objects, theirs, ours))) return;
    if (ours === undefined || (await isAncestor(this.#repository, this.#objects, ours, theirs))) {
      return fastForward(this.#repository, this.#ref, ours, theirs);
    }
    throw this.#diverged();
  }

  /**
   * From the shared branch, where that has all events of this one, or the remote has it no more. What the remote still has of it stays
   * in its history: a merge makes it one that can be pushed without force.
   */
  async #startAnew(): Promise<void> {
    const [ours, shared] = [readRef(this.#repository, this.#ref), readRef(this.#repository, this.#sharedRef)];
    if (ours === undefined || shared === undefined || ours === shared) return;
    if (checkoutOf(this.#repository, this.#ref)) return;
    const theirs = this.#shared.fetched(this.#ref);
    const isGone = theirs === undefined && !isPending(this.#repository, this.#ref);
    if (!isGone && !(await this.#hasAllOf(shared, ours))) return;
    const isKnown =
      theirs === undefined || (await isAncestor(this.#repository, this.#objects, theirs, shared));
    const next = isKnown ? shared : await this.#merged(theirs, shared);
    const who = `vports <vports> ${Math.floor(world.now() / 1000)} +0000`;
    const update = await RefUpdate.begin(this.#repository, this.#ref, ours, next, this.#objects);
    update.finish(`${ours} ${next} ${who}\tvports: start anew\n`);
    markPending(this.#repository, this.#ref, false);
  }

  /** Whether a commit has every event of another one, by path and content. */
  async #hasAllOf(commit: string, of: string): Promise<boolean> {
    const { treeDifference } = await import('./git/tree-difference.js');
    const { EVENTS } = await import('../../events/event-path.js');
    const place = this.#repository.prefix + EVENTS;
    const [has, wants] = await Promise.all(
      [commit, of].map(async (oid) =>
        this.#objects.treeAt((await this.#objects.readCommit(oid)).tree, place),
      ),
    );
    return (await treeDifference(this.#objects, has, wants)).every(({ after }) => after === undefined);
  }

  async #merged(theirs: string, shared: string): Promise<string> {
    const { tree } = await this.#objects.readCommit(shared);
    const signature = `vports <vports> ${Math.floor(world.now() / 1000)} +0000`;
    const message = `Merge what all share into ${branchName(this.#ref)}\n`;
    return this.#objects.stageCommit({ tree, parents: [theirs, shared], signature, message });
  }

  #diverged(): VportsError {
    const branch = branchName(this.#ref);
    return new VportsError(
      'CONFLICT',
      `the branch ${branch} has commits here that ${withoutSecrets(this.#shared.transport.url)} has not, and the other way round`,
      { hint: `rebase it with git, or take another name`, details: { branch } },
    );
  }

  /**
   * Somebody pushed to the branch in the meantime: our commit, which nobody has seen, goes, and is decided anew. Not where the
   * branch is checked out: index and files have the event already, and are their user's.
   */
  async #takeBack(oid: string): Promise<'moved'> {
    if (checkoutOf(this.#repository, this.#ref)) throw this.#diverged();
    await this.#dropCommit(oid);
    await this.refresh();
    return 'moved';
  }

  /** What the remote does not take is not claimed here either: the next command would call it held. */
  async #refused(oid: string, error: VportsError): Promise<VportsError> {
    const checkout = checkoutOf(this.#repository, this.#ref);
    if (checkout) {
      return new VportsError(error.code, error.message, {
        hint: `the commit ${oid.slice(0, 10)} stays on ${branchName(this.#ref)}, which is checked out in ${checkout.worktree}: \`git reset --hard HEAD~\` there takes it back`,
        details: error.details,
      });
    }
    await this.#dropCommit(oid);
    return error;
  }

  async #dropCommit(oid: string): Promise<void> {
    await this.#log.exclusively(async () => {
      if (readRef(this.#repository, this.#ref) !== oid) return;
      const [parent] = (await this.#objects.readCommit(oid)).parents;
      (await RefUpdate.begin(this.#repository, this.#ref, oid, parent!)).finish(
        `${oid} ${parent} vports <vports> ${Math.floor(world.now() / 1000)} +0000\tvports: take back\n`,
      );
      const isTheirs = [this.#ref, this.#sharedRef].some((it) => this.#shared.fetched(it) === parent);
      if (isTheirs) markPending(this.#repository, this.#ref, false);
    });
  }
}

function isPending(repository: Repository, ref: string): boolean {
  return existsSync(join(pendingFolder(repository), encodeURIComponent(ref)));
}

/** Remembers a branch that the remote has yet to get, or forgets it. */
export function markPending(repository: Repository, ref: string, pending: boolean): void {
  const mark = join(pendingFolder(repository), encodeURIComponent(ref));
  if (pending) {
    mkdirSync(pendingFolder(repository), { recursive: true });
    writeFileSync(mark, '');
  } else {
    rmSync(mark, { force: true });
  }
}
