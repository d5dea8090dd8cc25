import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { errno } from '../../errors.js';
import { readRegularBytes } from '../../files/regular-file.js';
import { temporaryPathFor } from '../../files/write-whole.js';
import { synced, world } from '../../world/index.js';
import { mkdirSync, openNew, rename, rmdirSync, rmSync, unlinkSync, writeWhole } from './guarded-files.js';

/** isomorphic-git loads packs whole; node reads no larger file into memory. Bytes. */
const LARGEST_PACK = 2 ** 31;

/**
 * The fs handed to isomorphic-git. A write is all or nothing and on the disk before it is visible: git's own way for
 * objects (`tmp_obj_*` in the same folder, fsync, rename). Everything but fsync is synchronous, because that halves
 * isomorphic-git's time; fsync is not, so that the objects of one commit reach the disk together. What is being written stands
 * in `via`, else beside its place: in one folder, whoever comes after a killed writer finds it.
 */
export function durableFs(via?: string, mode = 0o444) {
  const together = new DurableWrites();
  const promises = {
    async readFile(path: string, options?: { encoding?: BufferEncoding | undefined } | BufferEncoding) {
      const bytes = readRegularBytes(path, LARGEST_PACK);
      const encoding = typeof options === 'string' ? options : options?.encoding;
      return encoding ? bytes.toString(encoding) : bytes;
    },
    async writeFile(path: string, data: Uint8Array | string) {
      await together.write({ path, data, mode, via });
    },
    async mkdir(path: string) {
      mkdirSync(path);
    },
    async rmdir(path: string) {
      rmdirSync(path);
    },
    async unlink(path: string) {
      unlinkSync(path);
    },
    async stat(path: string) {
      return found(world.files.statSync(path, { throwIfNoEntry: false }));
    },
    async lstat(path: string) {
      return found(world.files.lstatSync(path, { throwIfNoEntry: false }));
    },
    async readdir(path: string) {
      return world.files.readdirSync(path);
    },
    async readlink(path: string) {
      return world.files.readlinkSync(path);
    },
    async symlink(_: string, path: string) {
      throw Object.assign(new Error(`${path}: links are not written`), { code: 'EPERM' });
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

/** Writes asked for in one turn of the event loop, synced side by side; a rename between two syncs would wait for both. */
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

async function writeAll(files: NewFile[]): Promise<void> {
  const opened: { temporary: string; path: string; descriptor: number }[] = [];
  try {
    for (const { path, data, mode, via = dirname(path) } of files) {
      const temporary = temporaryPathFor(join(via, 'file'));
      opened.push({ temporary, path, descriptor: openIn(temporary, mode) });
      world.files.writeFileSync(opened.at(-1)!.descriptor, data);
    }
    await Promise.all(opened.map(({ descriptor }) => synced(descriptor)));
    for (const { temporary, path } of opened) moveTo(temporary, path);
  } catch (error) {
    for (const { temporary } of opened) rmSync(temporary, { force: true });
    throw error;
  } finally {
    for (const { descriptor } of opened) world.files.closeSync(descriptor);
  }
}

function moveTo(temporary: string, path: string): void {
  try {
    rename(temporary, path);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    rename(temporary, path);
  }
}

/** isomorphic-git asks for every object whether it is there, and mostly it is not: node's own error costs 0.05 ms. */
const NO_ENTRY = Object.freeze(
  Object.assign(new Error('ENOENT: no such file or directory'), { code: 'ENOENT' }),
);

function found(stats: Stats | undefined): Stats {
  if (!stats) throw NO_ENTRY;
  return stats;
}

/** Writes a file so that after a crash it is there whole or not at all. */
export function writeDurably(path: string, data: Uint8Array | string, mode: number): Promise<void> {
  return writeAll([{ path, data, mode }]);
}

export const BARE_HEAD = 'ref: refs/heads/none\n';
export const BARE_CONFIG = '[core]\n\trepositoryformatversion = 0\n\tbare = true\n';

/** A git directory without branches, for what is handed to git or isomorphic-git beside a repository. */
export function makeBareFolder(gitdir: string, config = ''): void {
  for (const part of ['objects', 'refs/heads']) mkdirSync(join(gitdir, part), { recursive: true });
  writeWhole(join(gitdir, 'HEAD'), BARE_HEAD);
  writeWhole(join(gitdir, 'config'), BARE_CONFIG + config);
}

/** Puts a folder on the disk with all that is in it: to be done before it is given its name. */
export function syncTree(folder: string): void {
  for (const entry of world.files.readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else if (entry.isFile()) syncFile(path);
  }
  syncFolder(folder);
}

/** Windows flushes only what is open to be written to; elsewhere a file that may not be written to can be synced all the same. */
export const OPEN_TO_SYNC = process.platform === 'win32' ? 'r+' : 'r';

function syncFile(path: string): void {
  let descriptor: number;
  try {
    descriptor = world.files.openSync(path, OPEN_TO_SYNC);
  } catch (error) {
    // On Windows a file may be read-only for everybody, as git's objects are: they were synced when they were written.
    if (process.platform === 'win32' && errno(error) === 'EPERM') return;
    throw error;
  }
  try {
    world.files.fsyncSync(descriptor);
  } finally {
    world.files.closeSync(descriptor);
  }
}

/** Makes a folder's entries durable. Not every system allows it; where it does not, the rename itself is. */
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

function openIn(path: string, mode: number): number {
  try {
    return openNew(path, mode);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openNew(path, mode);
  }
}
