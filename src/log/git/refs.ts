import { dirname, join } from 'node:path';
import { allDone } from '../../all-done.js';
import { errno, VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { refusalOf } from '../../system-error.js';
import { existsSync, readdirSync, readFileSync, statSync } from '../../world/files.js';
import { pause, world } from '../../world/index.js';
import { syncFolder, writeAll } from './durable-fs.js';
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
/** Bytes; a million refs take less. */
export const LARGEST_PACKED_REFS = 256 * 2 ** 20;
/** Milliseconds to wait for a git process: it holds locks for the duration of a commit. */
const GIT_PATIENCE = 10_000;
/** The last accepted head of the shared branch: proof if the remote rewrites it later. */
export const SEEN = 'refs/vports/seen';
/** As for core.logAllRefUpdates = `true` (git-config(1)). */
const HAS_REFLOG = /^refs\/(heads|remotes|notes)\//;
export const NO_OID = '0'.repeat(40);

/** The new objects behind a moving ref, which no other ref reaches yet. */
interface NewObjects {
  flush(): Promise<void>;
  areThere(): boolean;
  letGo(): void;
}

/** A line for RefUpdate.finish: who moved the ref, by default nobody in particular, and what for. */
export function reflogLine(
  { old, next, who = `vports <vports> ${Math.floor(world.now() / 1000)} +0000` }: Moved,
  what: string,
): string {
  return `${old ?? NO_OID} ${next} ${who}\tvports: ${what}\n`;
}

interface Moved {
  old: string | undefined;
  next: string;
  who?: string;
}

/** Somebody else moved the branch between reading and writing. The command decides again. */
export class HeadMoved extends Error {
  override readonly name = 'HeadMoved';
}

/**
 * The commit of a ref; undefined if the ref does not exist.
 * Throws LOG_DAMAGED for an empty or short ref file: as a branch without commits it would start a new root.
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
    `${path} is not a valid ref: ${text === '' ? 'empty file' : 'no object name'}`,
    {
      hint: '`vports doctor --fix` restores it from the reflog, the remote or a copy',
      details: { ref, path },
    },
  );
}

function readPackedRef(repository: Repository, ref: string): string | undefined {
  const line = packedRefs(repository).find((it) => it.endsWith(` ${ref}`));
  return line?.slice(0, 40);
}

function packedRefs({ commondir }: Repository): string[] {
  const path = join(commondir, 'packed-refs');
  if (!existsSync(path)) return [];
  return readRegularBytes(path, LARGEST_PACKED_REFS).toString('latin1').split('\n');
}

/**
 * A ref that is about to move, locked as git does: `<ref>.lock`, created exclusively.
 *
 * The lock appears by a hard link to a file of ours, so it is never half written; and that file, named after the ref, shows the next
 * writer that the lock of a killed process was ours.
 */
export class RefUpdate {
  readonly #path: string;
  readonly #mark: string;

  private constructor(
    private readonly repository: Repository,
    private readonly ref: string,
    private readonly objects: NewObjects | undefined,
  ) {
    this.#path = join(repository.commondir, ref);
    this.#mark = join(locksFolder(repository), encodeURIComponent(ref));
  }

  /**
   * Takes the lock. `objects` must be durable before the ref moves: they are written in parallel, and checked under the lock.
   * Throws HeadMoved if the ref is no longer at `old` or they are gone, LOCKED if another program holds its lock.
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
        throw new HeadMoved('git pruned objects that no ref had reached yet');
    } catch (error) {
      update.cancel();
      throw error;
    }
    return update;
  }

  /** Moves the ref. After that it has happened: failing to write the reflog or to remove our mark must not hide it. */
  finish(reflog: string): void {
    rename(`${this.#path}.lock`, this.#path);
    syncFolder(dirname(this.#path));
    this.objects?.letGo();
    ignoreErrors(() => unlinkSync(this.#mark));
    if (this.repository.reflogs && HAS_REFLOG.test(this.ref)) ignoreErrors(() => this.#log(reflog));
  }

  /** Deletes the ref instead. If git has packed it meanwhile, it is moved instead. */
  finishRemoved(reflog: string): void {
    if (readPackedRef(this.repository, this.ref) !== undefined) {
      this.finish(reflog);
      return;
    }
    unlinkSync(this.#path);
    syncFolder(dirname(this.#path));
    ignoreErrors(() => unlinkSync(join(this.repository.commondir, 'logs', this.ref)));
    this.cancel();
  }

  #log(line: string): void {
    const targets = [this.ref, ...(headRef(this.repository.gitdir) === this.ref ? ['HEAD'] : [])];
    for (const target of targets) {
      const base = target === 'HEAD' ? this.repository.gitdir : this.repository.commondir;
      const path = join(base, 'logs', target);
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, line);
    }
  }

  cancel(): void {
    ignoreErrors(() => dropLock(`${this.#path}.lock`, this.#mark));
    this.objects?.letGo();
  }
}

/**
 * A branch `main/x` cannot exist next to a branch `main`: a folder would be where a file is. Packed, both would seem to exist. Removes
 * empty folders of deleted branches, as git does.
 */
function refuseNameClash(repository: Repository, ref: string): void {
  const names = packedRefs(repository).map((line) => line.slice(41));
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
  throw new VportsError('CONFLICT', `cannot create branch ${asked}: it conflicts with branch ${other}`, {
    hint: 'choose another branch name',
    details: { branch: asked, other },
  });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function removeEmptyFolders(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
  const empty = readdirSync(path).map(
    (name) => removeEmptyFolders(join(path, name)) && !isFile(join(path, name)),
  );
  if (empty.includes(false)) return false;
  rmdirSync(path);
  return true;
}

/** Removes a ref lock of a killed vports. Requires the writer lock. */
export function dropLeftRefLock(repository: Repository, markName: string): void {
  const ref = decodeURIComponent(markName);
  dropLock(join(repository.commondir, `${ref}.lock`), join(locksFolder(repository), markName));
}

export function locksFolder(repository: Repository): string {
  return join(privateFolder(repository), 'locks');
}

/** Durably writes the content of a lock file under a name of ours. */
export async function prepareMark(mark: string, content: string): Promise<void> {
  await writeAll([{ path: mark, data: content, mode: 0o644 }]);
}

/** Creates a git lock from a prepared mark in one step; waits for a git that holds it. Throws LOCKED after a while. */
export async function takeLock(lock: string, mark: string): Promise<void> {
  for (const deadline = world.elapsed() + GIT_PATIENCE; ; await pause(2 + world.random() * 10)) {
    if (linkOrCreate(mark, lock)) return;
    if (world.elapsed() > deadline) break;
  }
  unlinkSync(mark);
  throw new VportsError('LOCKED', `${lock} exists; another git process may be running`, {
    hint: `retry; if no git is running, remove ${lock}`,
    details: { path: lock },
  });
}

/** Removes a lock if it matches our mark, and the mark. */
export function dropLock(lock: string, mark: string): void {
  dropOwnLock(lock, mark);
  rmSync(mark, { force: true });
}

export function dropOwnLock(lock: string, mark: string): void {
  if (existsSync(mark) && existsSync(lock) && readRegularBytes(lock).equals(readRegularBytes(mark)))
    unlinkSync(lock);
}

/** False if the lock exists. File systems without hard links have to do with an exclusive create. */
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
