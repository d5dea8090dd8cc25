import { VportsError } from '../../errors.js';
import { isInside } from '../../files/is-inside.js';
import { realpathSync, statSync } from '../../world/files.js';
import { pause, type RemoteMove, type Transport, world } from '../../world/index.js';
import { rmSync } from '../git/guarded-files.js';
import { LockedHere, LockedThere, stuckThere } from './remote-answers.js';

/** A git whose vports was killed may go on for a moment: a lock that it needs changes in that time, in milliseconds. */
const LEFT_AFTER = 2_000;
/** A ref at the remote is locked for as long as it takes to write it. Milliseconds. */
const LOCKED_THERE = 5_000;
/** The pause between two tries at a locked ref is chosen by chance up to this, in milliseconds. */
const LONGEST_PAUSE = 800;

/**
 * Talks to the remote as the only one of this machine. A lock in the transport's own directory that does not change is of a git that
 * was killed: it is removed, and the talk begins again. Throws LOCKED for one that cannot be removed, and what `talk` throws.
 */
export async function pastLocksHere<T>(gitdir: string, talk: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await talk();
    } catch (error) {
      if (!(error instanceof LockedHere)) throw error;
      const { lock } = error;
      // Several refs may be locked, one after the other; not for ever.
      if (tries >= 8 || !isInside(realpathSync(gitdir), lock)) throw lockedHere(lock);
      if (await isLeft(lock)) rmSync(lock, { force: true });
    }
  }
}

async function isLeft(lock: string): Promise<boolean> {
  const before = statSync(lock, { throwIfNoEntry: false });
  await pause(LEFT_AFTER);
  const after = statSync(lock, { throwIfNoEntry: false });
  return before?.ino === after?.ino && before?.size === after?.size && before?.mtimeMs === after?.mtimeMs;
}

function lockedHere(lock: string): VportsError {
  return new VportsError('LOCKED', `${lock} exists; another git process may be running`, {
    hint: `if none is, remove ${lock}`,
    details: { path: lock },
  });
}

/**
 * Pushes, and waits while the ref is locked at the remote, by the same lock, for at most five seconds. Throws REMOTE_UNREACHABLE
 * for a lock that stays, and what the transport throws.
 */
export async function pushPastLocks(transport: Transport, move: RemoteMove): Promise<string[]> {
  let [seen, since]: [LockedThere | undefined, number] = [undefined, 0];
  for (;;) {
    try {
      return await transport.push(move);
    } catch (error) {
      if (!(error instanceof LockedThere)) throw error;
      if (seen?.lock !== error.lock || seen?.told !== error.told) [seen, since] = [error, world.elapsed()];
      if (world.elapsed() - since >= LOCKED_THERE) throw stuckThere(transport.url, error);
      await pause(LONGEST_PAUSE * world.random());
    }
  }
}
