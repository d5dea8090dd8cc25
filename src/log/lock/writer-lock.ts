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

/** Who writes to a log at the moment. */
interface LockOwner extends ProcessIdentity, Whereabouts {
  nonce: string;
  since: string;
}

const LOCK = 'writer.lock';
/** What an owner says is shorter, in bytes. */
const LARGEST_OWNER = 64 * 2 ** 10;
/** How often a lock is looked at that the system does not watch for us, in milliseconds. */
const BLIND_PAUSE = 50;
/** How often the first in line looks whether the owner lives, and the others whether those before them do: they seldom die. */
const [OWNER_PAUSE, LINE_PAUSE] = [500, 3_000];
/** While a lock changes hands there is progress; a crowd is waited for this many times longer than one owner. */
const CROWD = 10;
/** A lock that says nothing at all has no owner once it has stood unchanged for so long, in milliseconds. */
const TORN_PATIENCE = 2_000;

/**
 * One writer a log on this machine. The lock file appears whole (a hard link from a file of ours) and says who holds
 * it. It is taken over only where its owner is provably dead, or where a power cut left a file that names nobody.
 */
export class WriterLock {
  readonly #path: string;
  /** Which file the lock is: it is ours as long as that is there, whether or not it can be read. */
  readonly #file: string;

  private constructor(path: string) {
    this.#path = path;
    this.#file = fileAt(path);
  }

  /** Waits up to `patience` milliseconds for each owner, and tells for whom. Throws LOCKED naming the last one. */
  static async acquire(folder: string, patience: number, progress?: Progress): Promise<WriterLock> {
    return (await WriterLock.acquireUnless(folder, patience, { settled: () => false, progress }))!;
  }

  /** The same for who need not wait any longer once `settled`: then there is no lock. */
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
    let told = false;
    let torn: { what: string; since: number } | undefined;
    try {
      const present = () => writeNew(own, JSON.stringify(owner), { flush: true });
      const taken = () => {
        ignoreErrors(() => removeLeft(folder, nonce));
        return new WriterLock(path);
      };
      // On the disk before it is linked: else a power cut leaves a lock that names nobody.
      present();
      for (;;) {
        // Another took our file, empty as it was for a moment, for a killed writer's.
        if (!existsSync(own)) present();
        if (!existsSync(path) && claim(own, path)) return taken();
        if (settled()) return undefined;
        const ahead = nextInQueue(own, isWaiting);
        const pause = ahead ? LINE_PAUSE : OWNER_PAUSE;
        const now = world.elapsed();
        const isToBeTold = progress !== undefined && !told && now - begun >= REPORT_AFTER;
        if (now - looked >= pause || now >= deadline || isToBeTold) {
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
            told = true;
            progress?.({ waitsFor: ownerInWords(path, holder) });
          }
        }
        const untold = progress && !told ? begun + REPORT_AFTER - now : pause;
        const longest = Math.max(1, Math.min(pause, deadline - now, untold));
        await untilGone(ahead ?? path, longest, BLIND_PAUSE * world.random());
      }
    } finally {
      for (const it of [own, `${own}.copy`]) ignoreErrors(() => rmSync(it, { force: true }));
    }
  }

  /** What the owner did has happened, whether or not this succeeds: a lock that stays is taken over once its owner has ended. */
  release(): void {
    // Once more where it fails: this process may want it again, and would wait for itself.
    for (let tries = 0; tries < 3; tries++)
      ignoreErrors(() => {
        if (fileAt(this.#path) === this.#file) unlinkSync(this.#path);
      });
  }
}

function fileAt(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.dev} ${stats.ino}` : '';
}

/** What those left who were killed while they waited, or while they took a lock over. Only the holder of the lock may call it. */
function removeLeft(folder: string, nonce: string): void {
  for (const name of readdirSync(folder)) {
    const [, of = ''] = /^writer\.(?:lock\.)?([0-9a-f]{24}|torn)(?:\.copy)?$/.exec(name) ?? [];
    if (of === '' || of === nonce) continue;
    const path = join(folder, name);
    const owner = readOwner(path);
    // An empty one may be of somebody who has just come, and makes it anew.
    const isLeft = owner === undefined ? tornAt(path) !== undefined : owner !== 'gone' && isDead(owner);
    if (isLeft) rmSync(path, { force: true });
  }
}

/** Whether the owner of a file in line lives, and has not been stopped; the file of a dead one is removed. */
export function isWaiting(file: string): boolean {
  const waiter = readOwner(file);
  if (!waiter || waiter === 'gone') return false;
  const liveness = livenessOf(waiter, waiter);
  if (liveness === 'dead') rmSync(file, { force: true });
  return liveness === 'alive' && !isStopped(waiter);
}

/**
 * Replaces a dead owner's lock by ours. Many may try at once, and one of them may die on the way: the right to
 * replace a lock of owner N is a lock of its own, named after N, taken over in the same way. Whoever has it looks
 * once more, because the lock may have been replaced, and that right given back, since we read it.
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

/** The same for a lock that names nobody; `what` is it as it has been seen. */
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
    // Not renamed from `own` itself: rename(2) does nothing where both names are one file.
    const copy = `${own}.copy`;
    writeNew(copy, readFileSync(own), { flush: true });
    rename(copy, path);
  }
  rmSync(right, { force: true });
  return same;
}

/**
 * What tells a lock file apart that cannot have been written by an owner: it is empty, or cut off, and so no JSON. Undefined for any
 * other, and for what may not be read.
 */
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

/**
 * Who holds the lock of a folder: undefined where it is free, `torn` where a power cut left it, `unknown` where it does not say.
 * Changes nothing.
 */
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

/** Undefined for a lock that does not say whose it is, or may not be read: unknown, so never taken over. */
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
  if (!holder) return `whoever has ${path}`;
  return `process ${holder.pid} on ${JSON.stringify(holder.host)}, which is writing since ${holder.since}`;
}

function locked(path: string, holder: LockOwner | 'gone' | undefined): VportsError {
  if (!holder || holder === 'gone') {
    return new VportsError('LOCKED', `the log is locked, and ${path} does not say by whom`, {
      hint: `if no vports is running, remove ${path}`,
      details: { path },
    });
  }
  const { pid, host, since } = holder;
  const known = livenessOf(holder, holder) === 'alive';
  return new VportsError(
    'LOCKED',
    `process ${pid} on ${JSON.stringify(host)} is writing to the log since ${since}`,
    {
      hint: known
        ? 'try again when it is done'
        : `whether it still runs cannot be seen from here; if it does not, remove ${path}`,
      details: { pid, host, since, path },
    },
  );
}
