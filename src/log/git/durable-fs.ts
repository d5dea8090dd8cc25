import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { errno } from '../../errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { temporaryPathFor } from '../../files/write-whole.js';
import { synced, world } from '../../world/index.js';
import { mkdirSync, openNew, rename, rmdirSync, rmSync, unlinkSync, writeWhole } from './guarded-files.js';

/** isomorphic-git loads packs whole, and node reads no larger file into memory. Bytes. */
const LARGEST_PACK = 2 ** 31;

/**
 * The fs for isomorphic-git. Writes are atomic and durable before they are visible, as git writes objects: `tmp_obj_*`, fsync, rename.
 * Everything except fsync is synchronous, which halves isomorphic-git's time; asynchronous fsync lets the objects of a commit reach the
 * disk together. Temporary files are created in `via`, where the next writer finds those of a killed one; by default next to the file.
 */
export function durableFs(via?: string, mode = 0o444) {
  const together = new DurableWrites();
  const promises = {
    async readFile(path: string, options?: { encoding?: BufferEncoding | undefined } | BufferEncoding) {
      const bytes = readRegularBytes(path, LARGEST_PACK);
      const encoding = typeof options === 'string' ? options : options?.encoding;
      return encoding ? bytes.toString(encoding) : bytes;
    },
    writeFile: (path: string, data: Uint8Array | string) => together.write({ path, data, mode, via }),
    mkdir: async (path: string) => mkdirSync(path),
    rmdir: async (path: string) => rmdirSync(path),
    unlink: async (path: string) => unlinkSync(path),
    stat: async (path: string) => requireStats(world.files.statSync(path, { throwIfNoEntry: false })),
    lstat: async (path: string) => requireStats(world.files.lstatSync(path, { throwIfNoEntry: false })),
    readdir: async (path: string) => world.files.readdirSync(path),
    readlink: async (path: string) => world.files.readlinkSync(path),
    async symlink(_: string, path: string) {
      throw Object.assign(new Error(`${path}: symbolic links are not written`), { code: 'EPERM' });
    },
  };
  return { promises };
}

interface NewFile {
  path: string;
  data: Uint8Array | string;
  mode: number;
  via?: string | undefined;
}

/** Batches writes of one turn of the event loop, to sync them in parallel: a rename between two syncs would wait for both. */
class DurableWrites {
  #waiting: NewFile[] = [];
  #written: Promise<void> | undefined;

  write(file: NewFile): Promise<void> {
    this.#waiting.push(file);
    this.#written ??= new Promise((done, fail) => {
      world.soon(() => {
        const files = this.#waiting;
        this.#waiting = [];
        this.#written = undefined;
        writeAll(files).then(done, fail);
      });
    });
    return this.#written;
  }
}

export async function writeAll(files: NewFile[]): Promise<void> {
  const opened: { temporary: string; path: string; descriptor: number }[] = [];
  try {
    for (const { path, data, mode, via = dirname(path) } of files) {
      const temporary = temporaryPathFor(join(via, 'file'));
      opened.push({ temporary, path, descriptor: inFolderOf(temporary, () => openNew(temporary, mode)) });
      world.files.writeFileSync(opened.at(-1)!.descriptor, data);
    }
    await Promise.all(opened.map(({ descriptor }) => synced(descriptor)));
    for (const { temporary, path } of opened) inFolderOf(path, () => rename(temporary, path));
  } catch (error) {
    for (const { temporary } of opened) rmSync(temporary, { force: true });
    throw error;
  } finally {
    for (const { descriptor } of opened) world.files.closeSync(descriptor);
  }
}

/** Makes the folder of `path` where `work` finds it missing. */
function inFolderOf<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return work();
  }
}

/** isomorphic-git looks for every object, mostly in vain: creating node's own error takes 0.05 ms. */
const NO_ENTRY = Object.freeze(
  Object.assign(new Error('ENOENT: no such file or directory'), { code: 'ENOENT' }),
);

function requireStats(stats: Stats | undefined): Stats {
  if (!stats) throw NO_ENTRY;
  return stats;
}

export const BARE_HEAD = 'ref: refs/heads/none\n';
export const BARE_CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';

/** A git directory without branches, to run git or isomorphic-git next to a repository. */
export function makeBareFolder(gitdir: string, config = ''): void {
  for (const part of ['objects', 'refs/heads']) mkdirSync(join(gitdir, part), { recursive: true });
  writeWhole(join(gitdir, 'HEAD'), BARE_HEAD);
  writeWhole(join(gitdir, 'config'), BARE_CONFIG + config);
}

/** Makes a folder and its contents durable, before it gets its name. */
export function syncTree(folder: string): void {
  for (const entry of world.files.readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncFile(path);
  }
  syncFolder(folder);
}

/** Windows flushes only files opened for writing; elsewhere a read-only file can be synced too. */
export const OPEN_TO_SYNC = process.platform === 'win32' ? 'r+' : 'r';

function syncFile(path: string): void {
  let descriptor: number;
  try {
    descriptor = world.files.openSync(path, OPEN_TO_SYNC);
  } catch (error) {
    // On Windows git's objects may be read-only for everybody: they were synced when they were written.
    if (process.platform === 'win32' && errno(error) === 'EPERM') return;
    throw error;
  }
  try {
    world.files.fsyncSync(descriptor);
  } finally {
    world.files.closeSync(descriptor);
  }
}

/** Makes the entries of a folder durable; where the system does not allow that, a rename is durable by itself. */
export function syncFolder(path: string): void {
  let descriptor: number;
  try {
    descriptor = world.files.openSync(path, 'r');
  } catch {
    return;
  }
  try {
    world.files.fsyncSync(descriptor);
  } catch {
    // Windows and some network file systems refuse to sync a folder.
  } finally {
    world.files.closeSync(descriptor);
  }
}
