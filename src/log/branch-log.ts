import { VportsError, type Warning } from '../errors.js';
import type {
  Appended,
  Batch,
  EventLog,
  EventReader,
  EventWriter,
  OpenOptions,
  Publisher,
  PushAlong,
} from './event-log.js';
import { isAncestor } from './git/ancestry.js';
import { Objects } from './git/objects.js';
import { branchName } from './git/ref-name.js';
import { RefUpdate, readRef, reflogLine } from './git/refs.js';
import { checkoutOf } from './git/worktrees.js';
import { GitLog } from './git-log.js';
import { branchRecord, forgetBranch, rememberBranch } from './remote/branch-records.js';
import { RemoteMoved } from './remote/remote-answers.js';
import { withoutSecrets } from './remote/remote-url.js';
import type { SharedLog } from './shared/shared-log.js';

/** A proposal branch, or a branch that is checked out and not the shared one. Without a network it still takes commits, which `sync` pushes later. */
export class BranchLog implements EventLog, Publisher {
  readonly reader: EventReader;
  readonly queued: EventReader;
  readonly writer: EventWriter;
  readonly publisher: Publisher = this;
  readonly #log: GitLog;
  readonly #objects: Objects;
  readonly #warnings: Warning[] = [];
  /** Why the remote could not be asked. */
  #offline: VportsError | undefined;
  /** Head of the remote's branch at the last comparison; undefined if it did not exist. */
  #compared: string | undefined;

  constructor(
    private readonly shared: SharedLog,
    private readonly ref: string,
    private readonly sharedRef: string,
    { progress }: Pick<OpenOptions, 'progress'> = {},
  ) {
    this.#log = new GitLog(shared.repository, ref, { base: sharedRef, progress, shared: sharedRef });
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

  get warnings(): readonly Warning[] {
    return [...this.#warnings, ...this.shared.warnings];
  }

  get said(): readonly string[] {
    return this.shared.said;
  }

  async #append(batch: Batch): Promise<Appended> {
    // Recorded before the commit: a kill in between must not leave a commit that nobody pushes.
    rememberBranch(this.shared.repository, { ref: this.ref, isPending: true, lease: this.#lease() });
    return this.#log.append(batch);
  }

  /** What a push may replace; of a branch that is not recorded, the head that was just compared. */
  #lease(): string | undefined {
    const known = branchRecord(this.shared.repository, this.ref);
    return known ? known.lease : this.#compared;
  }

  /** Few write to one branch at a time: a push that meets another writer is decided again at once. */
  async turn(): Promise<void> {}

  async refresh(): Promise<void> {
    try {
      await this.shared.refresh();
    } catch (error) {
      if (!(error instanceof VportsError) || error.code !== 'REMOTE_UNREACHABLE') throw error;
      this.#offline = error;
      return;
    }
    const caughtUp = await this.shared.branches.catchUp(this.ref);
    if (caughtUp.is === 'diverged') throw this.#diverged();
    if (caughtUp.is === 'closed') this.#warnings.push(caughtUp.warning);
    this.#compared = caughtUp.theirs;
  }

  async publish({ oid, replaced }: Appended, along?: PushAlong): Promise<'pushed' | 'unpushed' | 'moved'> {
    if (this.#offline) return this.#unpushed(this.#offline);
    try {
      await this.shared.branches.push({ ref: this.ref, oid, lease: this.#lease() }, along);
    } catch (error) {
      if (error instanceof RemoteMoved) return this.#takeBack(oid, replaced);
      if (!(error instanceof VportsError)) throw error;
      if (error.code === 'REMOTE_UNREACHABLE') return this.#unpushed(error);
      throw await this.#refused(oid, error, replaced);
    }
    await this.shared.branches.notePushed(this.ref, oid);
    return 'pushed';
  }

  #unpushed({ message, details }: VportsError): 'unpushed' {
    const remote = withoutSecrets(this.shared.transport.url);
    this.#warnings.push({
      code: 'NOT_PUSHED',
      message: `the branch ${branchName(this.ref)} is on this machine only: ${details.refused === true ? message : `${remote} cannot be reached`}`,
      hint: '`vports sync` pushes it',
    });
    return 'unpushed';
  }

  readonly mayPublishFirst = never;
  readonly has = never;
  readonly settled = never;

  async close(): Promise<void> {
    this.#objects.close();
    await Promise.all([this.#log.close(), this.shared.close()]);
  }

  #diverged(): VportsError {
    const branch = branchName(this.ref);
    return new VportsError(
      'CONFLICT',
      `branch ${branch} has diverged from ${withoutSecrets(this.shared.transport.url)}`,
      { hint: `rebase it with git, or choose another branch name`, details: { branch } },
    );
  }

  /**
   * Somebody pushed to the branch in the meantime: our commit, which nobody has seen, is dropped and the command decides again. Not if
   * the branch is checked out: its index and files have the event already, and belong to the user.
   */
  async #takeBack(oid: string, replaced: string | undefined): Promise<'moved'> {
    if (checkoutOf(this.shared.repository, this.ref)) throw this.#diverged();
    await this.#dropCommit(oid, replaced);
    return 'moved';
  }

  /** A commit that the remote rejected is dropped here too: otherwise the next command would report the port as held. */
  async #refused(oid: string, error: VportsError, replaced: string | undefined): Promise<VportsError> {
    const checkout = checkoutOf(this.shared.repository, this.ref);
    if (checkout) {
      return new VportsError(error.code, error.message, {
        hint: `the commit ${oid.slice(0, 10)} stays on ${branchName(this.ref)}, which is checked out in ${checkout.worktree}: \`git reset --hard HEAD~\` there takes it back`,
        details: error.details,
      });
    }
    await this.#dropCommit(oid, replaced);
    return error;
  }

  async #dropCommit(oid: string, replaced: string | undefined): Promise<void> {
    await this.#log.exclusively(async () => {
      if (readRef(this.shared.repository, this.ref) !== oid) return;
      const parent = replaced ?? (await this.#objects.readCommit(oid)).parents[0];
      const lease = branchRecord(this.shared.repository, this.ref)?.lease;
      const shared = readRef(this.shared.repository, this.sharedRef);
      const update = await RefUpdate.begin(this.shared.repository, this.ref, oid, parent!);
      const line = reflogLine({ old: oid, next: parent! }, 'take back');
      // A branch that exists only on this machine, without other commits, was created for this commit.
      const isNew =
        lease === undefined && shared !== undefined && (await isAncestor(this.#objects, parent!, shared));
      if (isNew) {
        update.finishRemoved(line);
        forgetBranch(this.shared.repository, this.ref);
        return;
      }
      update.finish(line);
      if (parent === lease)
        rememberBranch(this.shared.repository, { ref: this.ref, isPending: false, lease });
    });
  }
}

async function never(): Promise<false> {
  return false;
}
