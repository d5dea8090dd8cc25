import { dirname, join } from 'node:path';
import { errno, VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import {
  isStopped,
  livenessOf,
  ownIdentity,
  ownWhereabouts,
  type ProcessIdentity,
  type Whereabouts,
} from '../../process/identity.js';
import { type Progress, REPORT_AFTER } from '../../progress.js';
import { existsSync, lstatSync, readdirSync, readFileSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import { linkSync, mkdirSync, rename, rmSync, unlinkSync, writeNew } from '../git/guarded-files.js';
import { newNonce, nextInQueue, untilGone } from './lock-queue.js';

interface LockOwner extends ProcessIdentity, Whereabouts {
  nonce: string;
  since: string;
}

const LOCK = 'writer.lock';
/** Bytes; more than any owner writes. */
const LARGEST_OWNER = 64 * 2 ** 10;
/** Milliseconds between looks at a lock that the system does not watch. */
const BLIND_PAUSE = 50;
/** Milliseconds between checks that the owner lives (first in line) and that the process ahead lives (others): they seldom die. */
const [OWNER_PAUSE, LINE_PAUSE] = [500, 3_000];
/** A lock that changes hands shows progress: a queue may wait this many times longer than for one owner. */
const CROWD = 10;
/** Milliseconds after which an unchanged lock without content counts as ownerless. */
const TORN_PATIENCE = 2_000;

/**
 * One writer per log and machine. The lock file appears complete (a hard link to a file of ours) and names its owner. It is taken over
 * only if its owner is provably dead, or if a power cut left a file without owner.
 */
export class WriterLock {
  /** Identity of the lock file: the lock is ours while that file exists, readable or not. */
  readonly #file: string;

  private constructor(private readonly path: string) {
    this.#file = fileAt(path);
  }

  /** Waits up to `patience` milliseconds for each owner, and reports that. Throws LOCKED with the last owner. */
  static async acquire(folder: string, patience: number, progress?: Progress): Promise<WriterLock> {
    return (await WriterLock.acquireUnless(folder, patience, { settled: () => false, progress }))!;
  }

  /** Gives up waiting, and returns undefined, once `settled`. */
  static async acquireUnless(
    folder: string,
    patience: number,
    { settled, progress }: { settled: () => boolean; progress?: Progress | undefined },
  ): Promise<WriterLock | undefined> {
    mkdirSync(folder, { recursive: true });
    const path = join(folder, LOCK);
    const nonce = newNonce();
    const own = join(folder, `writer.${nonce}`);
    const owner: LockOwner = {
      nonce,
      ...ownIdentity(),
      ...ownWhereabouts(),
      since: new Date(world.now()).toISOString(),
    };
    const begun = world.elapsed();
    const last = begun + CROWD * patience;
    let deadline = begun + patience;
    let looked = Number.NEGATIVE_INFINITY;
    let seen: string | undefined;
    let isReported = false;
    let torn: { what: string; since: number } | undefined;
    try {
      const present = () => writeNew(own, JSON.stringify(owner), { flush: true });
      const taken = () => {
        ignoreErrors(() => removeLeft(folder, nonce));
        return new WriterLock(path);
      };
      // Durable before it is linked: else a power cut leaves a lock without owner.
      present();
      for (;;) {
        // Another process took our file, empty for a moment, for that of a killed one.
        if (!existsSync(own)) present();
        if (!existsSync(path) && claim(own, path)) return taken();
        if (settled()) return undefined;
        const ahead = nextInQueue(own, isWaiting);
        const pause = ahead ? LINE_PAUSE : OWNER_PAUSE;
        const now = world.elapsed();
        const isDue = progress !== undefined && !isReported && now - begun >= REPORT_AFTER;
        if (now - looked >= pause || now >= deadline || isDue) {
          looked = now;
          const holder = readOwner(path);
          if (holder === 'gone') continue;
          if (holder && isDead(holder) && takeOver(own, path, holder)) return taken();
          const what = holder ? undefined : tornAt(path);
          if (what === undefined) torn = undefined;
          else if (torn?.what !== what) torn = { what, since: world.elapsed() };
          else if (world.elapsed() - torn.since >= TORN_PATIENCE && takeOverTorn(own, path, what))
            return taken();
          if (holder?.nonce !== seen) deadline = Math.min(now + patience, last);
          seen = holder?.nonce;
          if (now >= deadline) throw locked(path, holder);
          if (now - begun >= REPORT_AFTER) {
            isReported = true;
            progress?.({ waitsFor: ownerInWords(path, holder) });
          }
        }
        const untilReport = progress && !isReported ? begun + REPORT_AFTER - now : pause;
        const longest = Math.max(1, Math.min(pause, deadline - now, untilReport));
        await untilGone(ahead ?? path, longest, BLIND_PAUSE * world.random());
      }
    } finally {
      for (const it of [own, `${own}.copy`]) ignoreErrors(() => rmSync(it, { force: true }));
    }
  }

  /** Failure is harmless: the owner's work is done, and the lock is taken over once this process has ended. */
  release(): void {
    // Retries, as this process may need the lock again and would wait for itself.
    for (let tries = 0; tries < 3; tries++)
      ignoreErrors(() => {
        if (fileAt(this.path) === this.#file) unlinkSync(this.path);
      });
  }
}

function fileAt(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.dev} ${stats.ino}` : '';
}

/** Removes leftovers of processes killed while waiting or taking over. Requires the lock. */
function removeLeft(folder: string, nonce: string): void {
  for (const name of readdirSync(folder)) {
    const [, of = ''] = /^writer\.(?:lock\.)?([0-9a-f]{24}|torn)(?:\.copy)?$/.exec(name) ?? [];
    if (of === '' || of === nonce) continue;
    const path = join(folder, name);
    const owner = readOwner(path);
    // An empty file may belong to a process that has just come; it would create it again.
    const isLeft = owner === undefined ? tornAt(path) !== undefined : owner !== 'gone' && isDead(owner);
    if (isLeft) rmSync(path, { force: true });
  }
}

/** Whether the owner of a queue file is alive and not stopped; removes the file of a dead one. */
export function isWaiting(file: string): boolean {
  const waiter = readOwner(file);
  if (!waiter || waiter === 'gone') return false;
  const liveness = livenessOf(waiter, waiter);
  if (liveness === 'dead') rmSync(file, { force: true });
  return liveness === 'alive' && !isStopped(waiter);
}

/**
 * Replaces a dead owner's lock by ours. Several processes may try, and die meanwhile: the right to replace the lock of owner N is a lock named after
 * N, taken over in the same way. Its holder checks again, as the lock may have been replaced, and that right released, since it was read.
 */
function takeOver(own: string, path: string, dead: LockOwner): boolean {
  const replaced = replaceLock(own, path, dead.nonce, () => {
    const holder = readOwner(path);
    return holder !== 'gone' && holder?.nonce === dead.nonce;
  });
  if (replaced) {
    const left = own.replace(/writer\.[0-9a-f]+$/, `writer.${dead.nonce}`);
    for (const file of [left, `${left}.copy`]) rmSync(file, { force: true });
  }
  return replaced;
}

/** For a lock without owner; `what` is its identity when it was seen. */
function takeOverTorn(own: string, path: string, what: string): boolean {
  return replaceLock(own, path, 'torn', () => tornAt(path) === what);
}

function replaceLock(own: string, path: string, of: string, isSame: () => boolean): boolean {
  const right = join(dirname(path), `${LOCK}.${of}`);
  if (!claim(own, right)) {
    const rival = readOwner(right);
    if (rival === 'gone' || !rival || !isDead(rival) || !takeOver(own, right, rival)) return false;
  }
  const same = isSame();
  if (same) {
    // A copy, as rename(2) does nothing if both names are links to one file.
    const copy = `${own}.copy`;
    writeNew(copy, readFileSync(own), { flush: true });
    rename(copy, path);
  }
  rmSync(right, { force: true });
  return same;
}

/** Identifies a lock file that no owner can have written, as it is empty or truncated JSON. Undefined for others and unreadable ones. */
function tornAt(path: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) return undefined;
  try {
    JSON.parse(readRegularText(path, LARGEST_OWNER));
    return undefined;
  } catch (error) {
    const isTorn = error instanceof SyntaxError || errno(error) === 'EILSEQ';
    return isTorn ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : undefined;
  }
}

/** The holder of a folder's lock: undefined if it is free, `torn` after a power cut, `unknown` if it names nobody. Read-only. */
export function lockOwner(folder: string): LockOwner | 'torn' | 'unknown' | undefined {
  const path = join(folder, LOCK);
  const owner = readOwner(path);
  if (owner === 'gone') return undefined;
  return owner ?? (tornAt(path) === undefined ? 'unknown' : 'torn');
}

function claim(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (errno(error) === 'EEXIST' || !existsSync(own)) return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(errno(error) ?? '')) throw error;
  }
  try {
    writeNew(path, readFileSync(own));
    return true;
  } catch (error) {
    if (errno(error) === 'EEXIST') return false;
    throw error;
  }
}

function isDead(owner: LockOwner): boolean {
  return livenessOf(owner, owner) === 'dead';
}

/** Undefined for a lock that is unreadable or names nobody, and is therefore never taken over. */
function readOwner(path: string): LockOwner | 'gone' | undefined {
  try {
    const owner: LockOwner = JSON.parse(readRegularText(path, LARGEST_OWNER));
    const sound =
      typeof owner.pid === 'number' && /^[0-9a-f]{24}$/.test(owner.nonce) && typeof owner.host === 'string';
    return sound ? owner : undefined;
  } catch {
    return lstatSync(path, { throwIfNoEntry: false }) ? undefined : 'gone';
  }
}

function ownerInWords(path: string, holder: LockOwner | undefined): string {
  if (!holder) return `the holder of ${path}`;
  return `process ${holder.pid} on ${JSON.stringify(holder.host)}, writing since ${holder.since}`;
}

function locked(path: string, holder: LockOwner | 'gone' | undefined): VportsError {
  if (!holder || holder === 'gone') {
    return new VportsError('LOCKED', `the log is locked; ${path} names no owner`, {
      hint: `if no vports is running, remove ${path}`,
      details: { path },
    });
  }
  const { pid, host, since } = holder;
  const known = livenessOf(holder, holder) === 'alive';
  return new VportsError(
    'LOCKED',
    `process ${pid} on ${JSON.stringify(host)} has been writing to the log since ${since}`,
    {
      hint: known
        ? 'retry when it has finished'
        : `that process is invisible from here; if it has ended, remove ${path}`,
      details: { pid, host, since, path },
    },
  );
}
