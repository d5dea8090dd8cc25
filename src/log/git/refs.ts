import { dirname, join } from 'node:path';
import { allDone } from '../../all-done.js';
import { errno, VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { refusalOf } from '../../system-error.js';
import { existsSync, readdirSync, readFileSync, statSync } from '../../world/files.js';
import { pause, world } from '../../world/index.js';
import { syncFolder, writeDurably } from './durable-fs.js';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  rename,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeNew,
} from './guarded-files.js';
import { headRef } from './head.js';
import { branchName } from './ref-name.js';
import { privateFolder, type Repository } from './repository.js';

const OID = /^[0-9a-f]{40}$/;
/** A million refs take less, in bytes. */
export const LARGEST_PACKED_REFS = 256 * 2 ** 20;
/** How long a git at work is waited for, in milliseconds: its locks last as long as one of its commits. */
const GIT_PATIENCE = 10_000;
/** The head of the shared branch when the remote was last believed: what proves that it was rewritten since. */
export const SEEN = 'refs/vports/seen';
/** As git has it where core.logAllRefUpdates is `true` (git-config(1)). */
const HAS_REFLOG = /^refs\/(heads|remotes|notes)\//;
export const NO_OID = '0'.repeat(40);

/** What a ref that moves will have, and nothing else has yet. */
interface NewObjects {
  flush(): Promise<void>;
  areThere(): boolean;
  letGo(): void;
}

/** Somebody else moved the branch between our look and our write. The command is decided again. */
export class HeadMoved extends Error {
  override readonly name = 'HeadMoved';
}

/**
 * The commit a ref stands at; undefined where the ref does not exist.
 * Throws LOG_DAMAGED for an empty or short ref file: taken for a branch without commits it would start a new root.
 */
export function readRef(repository: Repository, ref: string): string | undefined {
  const path = join(ref === 'HEAD' ? repository.gitdir : repository.commondir, ref);
  let text: string;
  try {
    text = readRegularBytes(path).toString('latin1');
  } catch (error) {
    const code = errno(error) ?? '';
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].includes(code)) return readPackedRef(repository, ref);
    throw refusalOf(error, { path }) ?? error;
  }
  const oid = text.trim();
  if (OID.test(oid)) return oid;
  throw new VportsError(
    'LOG_DAMAGED',
    `${path} is no ref: it ${text === '' ? 'is empty' : 'holds no object name'}`,
    {
      hint: `find the last good commit in ${join(repository.commondir, 'logs', ref)} and write it with \`git update-ref\``,
      details: { ref, path },
    },
  );
}

function readPackedRef(repository: Repository, ref: string): string | undefined {
  const path = join(repository.commondir, 'packed-refs');
  if (!existsSync(path)) return undefined;
  const line = readRegularBytes(path, LARGEST_PACKED_REFS)
    .toString('latin1')
    .split('\n')
    .find((it) => it.endsWith(` ${ref}`));
  return line?.slice(0, 40);
}

/**
 * A ref that is about to move, locked as git does it: `<ref>.lock`, made exclusively.
 *
 * The lock appears by a hard link from a file of ours, so it is never seen half written; and the file, named after
 * the ref, tells the next writer that a lock left by a killed process was ours.
 */
export class RefUpdate {
  readonly #repository: Repository;
  readonly #ref: string;
  readonly #path: string;
  readonly #mark: string;
  readonly #objects: NewObjects | undefined;

  private constructor(repository: Repository, ref: string, objects: NewObjects | undefined) {
    this.#repository = repository;
    this.#ref = ref;
    this.#objects = objects;
    this.#path = join(repository.commondir, ref);
    this.#mark = join(locksFolder(repository), encodeURIComponent(ref));
  }

  /**
   * Takes the lock. `objects` have to be on the disk before the ref moves: they are written in parallel, and looked for under the
   * lock. Throws HeadMoved where the ref is not at `old` any more or they are gone, LOCKED where another program holds its lock.
   */
  static async begin(
    repository: Repository,
    ref: string,
    old: string | undefined,
    next: string,
    objects?: NewObjects,
  ): Promise<RefUpdate> {
    const update = new RefUpdate(repository, ref, objects);
    if (old === undefined) refuseNameClash(repository, ref);
    mkdirSync(dirname(update.#path), { recursive: true });
    try {
      await allDone([prepareMark(update.#mark, `${next}\n`), objects?.flush()]);
      await takeLock(`${update.#path}.lock`, update.#mark);
      if (readRef(repository, ref) !== old) throw new HeadMoved(`${ref} is no longer at ${old}`);
      if (objects?.areThere() === false)
        throw new HeadMoved('a git at work here dropped what no ref had yet');
    } catch (error) {
      update.cancel();
      throw error;
    }
    return update;
  }

  /** Moves the ref. From then on it has happened: that a reflog cannot be written, or our mark not removed, must not say otherwise. */
  finish(reflog: string): void {
    rename(`${this.#path}.lock`, this.#path);
    syncFolder(dirname(this.#path));
    this.#objects?.letGo();
    ignoreErrors(() => unlinkSync(this.#mark));
    if (this.#repository.reflogs && HAS_REFLOG.test(this.#ref)) ignoreErrors(() => this.#log(reflog));
  }

  /** Removes the ref instead, as if it had never been. One that git has packed meanwhile moves, and stays. */
  finishRemoved(reflog: string): void {
    if (readPackedRef(this.#repository, this.#ref) !== undefined) {
      this.finish(reflog);
      return;
    }
    unlinkSync(this.#path);
    syncFolder(dirname(this.#path));
    ignoreErrors(() => unlinkSync(join(this.#repository.commondir, 'logs', this.#ref)));
    this.cancel();
  }

  #log(line: string): void {
    const targets = [this.#ref, ...(headRef(this.#repository.gitdir) === this.#ref ? ['HEAD'] : [])];
    for (const target of targets) {
      const base = target === 'HEAD' ? this.#repository.gitdir : this.#repository.commondir;
      const path = join(base, 'logs', target);
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, line);
    }
  }

  cancel(): void {
    ignoreErrors(() => dropLock(`${this.#path}.lock`, this.#mark));
    this.#objects?.letGo();
  }
}

/**
 * A branch `main/x` cannot stand beside a branch `main`: the one would be a folder where the other is a file. Packed, they
 * would both seem to be there. Folders that deleted branches left empty are removed, as git does it.
 */
function refuseNameClash(repository: Repository, ref: string): void {
  const packed = join(repository.commondir, 'packed-refs');
  const names = existsSync(packed)
    ? readRegularBytes(packed, LARGEST_PACKED_REFS)
        .toString('latin1')
        .split('\n')
        .map((line) => line.slice(41))
    : [];
  const parts = ref.split('/');
  const parents = parts
    .map((_, index) => parts.slice(0, index).join('/'))
    .filter((it) => it.startsWith('refs/heads/'));
  const path = join(repository.commondir, ref);
  const clash =
    parents.find((parent) => names.includes(parent) || isFile(join(repository.commondir, parent))) ??
    names.find((name) => name.startsWith(`${ref}/`)) ??
    (removeEmptyFolders(path) ? undefined : `${ref}/…`);
  if (!clash) return;
  const [asked, other] = [ref, clash].map((it) => branchName(it));
  throw new VportsError('CONFLICT', `there cannot be a branch ${asked} beside the branch ${other}`, {
    hint: 'choose another branch name',
    details: { branch: asked, other },
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Whether nothing is left at this path. */
function removeEmptyFolders(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
  const empty = readdirSync(path).map(
    (name) => removeEmptyFolders(join(path, name)) && !isFile(join(path, name)),
  );
  if (empty.includes(false)) return false;
  rmdirSync(path);
  return true;
}

/** Removes ref locks that a killed vports left. Only the holder of the writer lock may call it. */
export function dropLeftRefLock(repository: Repository, markName: string): void {
  const ref = decodeURIComponent(markName);
  dropLock(join(repository.commondir, `${ref}.lock`), join(locksFolder(repository), markName));
}

export function locksFolder(repository: Repository): string {
  return join(privateFolder(repository), 'locks');
}

/** Writes what a lock file will hold under a name of ours, durably. */
export async function prepareMark(mark: string, content: string): Promise<void> {
  await writeDurably(mark, content, 0o644);
}

/** Makes a git lock file of a prepared mark, whole in one step; waits while a git has it. Throws LOCKED where that takes too long. */
export async function takeLock(lock: string, mark: string): Promise<void> {
  for (const deadline = world.elapsed() + GIT_PATIENCE; ; await pause(2 + world.random() * 10)) {
    if (linkOrCreate(mark, lock)) return;
    if (world.elapsed() > deadline) break;
  }
  unlinkSync(mark);
  throw new VportsError('LOCKED', `another program is writing: ${lock} exists`, {
    hint: `try again; if no git is running, remove ${lock}`,
    details: { path: lock },
  });
}

/** Removes a lock if it is the one our mark speaks of, and the mark. */
export function dropLock(lock: string, mark: string): void {
  dropOwnLock(lock, mark);
  rmSync(mark, { force: true });
}

/** Removes a lock if it is the one our mark speaks of. */
export function dropOwnLock(lock: string, mark: string): void {
  if (existsSync(mark) && existsSync(lock) && readRegularBytes(lock).equals(readRegularBytes(mark)))
    unlinkSync(lock);
}

/** False where somebody else has the lock. Not every file system has hard links; there an exclusive create has to do. */
function linkOrCreate(mark: string, lock: string): boolean {
  try {
    linkSync(mark, lock);
    return true;
  } catch (error) {
    if (errno(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EXDEV', 'EMLINK'].includes(errno(error) ?? '')) throw error;
  }
  try {
    writeNew(lock, readFileSync(mark), { flush: true });
    return true;
  } catch (error) {
    if (errno(error) === 'EEXIST') return false;
    throw error;
  }
}
