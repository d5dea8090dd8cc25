import { VportsError } from '../../errors.js';
import { isInside } from '../../files/is-inside.js';
import { realpathSync, statSync } from '../../world/files.js';
import { pause, type RemoteMove, type Transport, world } from '../../world/index.js';
import { rmSync } from '../git/guarded-files.js';
import { LockedHere, LockedThere, remoteLockError } from './remote-answers.js';

/** Milliseconds. The git of a killed vports may go on for a moment, and changes its locks in that time. */
const LEFT_AFTER = 2_000;
/** Milliseconds; writing a ref at the remote takes less. */
const LOCKED_THERE = 5_000;
/** Maximal random pause before a locked ref is tried again, in milliseconds. */
const LONGEST_PAUSE = 800;

/**
 * Runs `talk` as this machine's only process that talks to the remote. An unchanging lock in the transport's directory is that of a
 * killed git: it is removed, and `talk` runs again. Throws LOCKED if it cannot be removed, and what `talk` throws.
 */
export async function pastLocksHere<T>(gitdir: string, talk: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await talk();
    } catch (error) {
      if (!(error instanceof LockedHere)) throw error;
      const { lock } = error;
      // There may be several locked refs, but not endlessly many.
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
 * Pushes, and retries while the ref is locked at the remote, by the same lock at most five seconds. Throws REMOTE_UNREACHABLE for a stuck
 * lock, and what the transport throws.
 */
export async function pushPastLocks(transport: Transport, move: RemoteMove): Promise<string[]> {
  let [seen, since]: [LockedThere | undefined, number] = [undefined, 0];
  for (;;) {
    try {
      return await transport.push(move);
    } catch (error) {
      if (!(error instanceof LockedThere)) throw error;
      if (seen?.lock !== error.lock || seen?.reply !== error.reply) [seen, since] = [error, world.elapsed()];
      if (world.elapsed() - since >= LOCKED_THERE) throw remoteLockError(transport.url, error);
      await pause(LONGEST_PAUSE * world.random());
    }
  }
}
