import { VportsError } from '../../errors.js';
import { reported } from '../../system-error.js';
import type { Transport } from '../../world/index.js';
import type { PushAlong } from '../event-log.js';
import type { Objects } from '../git/objects.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { branchRecord, forgetBranch, notePushed } from '../remote/branch-records.js';
import type { FetchedRefs } from '../remote/fetched-refs.js';
import { RejectedPushes } from '../remote/rejected-pushes.js';
import { RemoteMoved } from '../remote/remote-answers.js';
import { withoutSecrets } from '../remote/remote-url.js';
import { type BranchPlace, type CaughtUp, catchUp, isLeft, leave } from './catch-up.js';
import { pushTip, type Tip } from './push-branch.js';

interface Home {
  repository: Repository;
  objects: Objects;
  /** The shared branch. */
  ref: string;
  transport: Transport;
  fetched: FetchedRefs;
  said: string[];
  requirePushable: () => void;
  /** Runs `work` with the remote lock, or the writer lock. */
  asSpeaker: (work: () => Promise<void>) => Promise<void>;
  asWriter: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The branches of a registry that become requests. */
export class ProposalBranches {
  constructor(private readonly home: Home) {}

  /** As pushTip(). */
  async push(tip: Tip, along?: PushAlong): Promise<void> {
    const { transport, fetched, said, requirePushable, asSpeaker } = this.home;
    requirePushable();
    await asSpeaker(async () => void said.push(...(await pushTip(transport, fetched, tip, along))));
  }

  /** Pushes pending commits of a branch. False if there were none; throws as pushTip(). */
  async pushPending(ref: string, along?: PushAlong): Promise<boolean> {
    const { repository } = this.home;
    const own = branchRecord(repository, ref);
    const oid = readRef(repository, ref);
    if (!own?.isPending || oid === undefined) return false;
    await this.push({ ref, oid, lease: own.lease }, along);
    await this.notePushed(ref, oid);
    return true;
  }

  /** Records a pushed head. If that fails, the next fetch finds it. */
  async notePushed(ref: string, oid: string): Promise<void> {
    const { repository, asWriter } = this.home;
    await asWriter(async () => notePushed(repository, ref, oid)).catch(reported);
  }

  catchUp(ref: string): Promise<CaughtUp> {
    return this.home.asWriter(() => catchUp(this.#placeOf(ref)));
  }

  /**
   * Deletes a branch of this machine, of which nothing is left to merge, at the remote, if that has it as it was compared. False if it has
   * moved on, or the host does not delete it: then this head is not tried again. Throws REMOTE_UNREACHABLE.
   */
  async delete(ref: string): Promise<boolean> {
    const { repository, fetched, asSpeaker, asWriter } = this.home;
    const place = this.#placeOf(ref);
    const refusals = new RejectedPushes(fetched.gitdir, 'undeletable');
    if (place.theirs === undefined || refusals.of(place.theirs)) return false;
    if (!(await asWriter(() => leave(place)))) return false;
    try {
      await this.push({ ref, oid: undefined, lease: place.theirs });
    } catch (error) {
      const isMoved = error instanceof RemoteMoved;
      if (!isMoved && !(error instanceof VportsError && error.code === 'PUSH_REJECTED')) throw error;
      // Hooks have words of their own: a refusal may read like a branch that has moved, which then has another head.
      const why = isMoved ? new VportsError('PUSH_REJECTED', error.message) : error;
      await asSpeaker(async () => refusals.refuse(place.theirs!, why));
      return false;
    }
    await asWriter(async () => {
      // Another command may have committed to it meanwhile.
      if (isLeft(place)) forgetBranch(repository, ref);
    });
    return true;
  }

  #placeOf(ref: string): BranchPlace {
    const { repository, objects, ref: shared, fetched, transport } = this.home;
    return {
      repository,
      objects,
      ref,
      shared,
      theirs: fetched.at(ref),
      remote: withoutSecrets(transport.url),
    };
  }
}
