import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const fsync = promisify(fs.fsync);

/**
 * The fs handed to isomorphic-git. A write is all or nothing and on the disk before it is visible: git's own way for
 * objects (`tmp_obj_*` in the same folder, fsync, rename). Everything but fsync is synchronous, because that halves
 * isomorphic-git's time; fsync is not, so that the objects of one commit reach the disk together.
 */
export const durableFs = {
  promises: {
    async readFile(path: string, options?: { encoding?: BufferEncoding } | BufferEncoding) {
      return fs.readFileSync(path, options);
    },
    async writeFile(path: string, data: Uint8Array | string) {
      await writeDurably(path, data, 0o444);
    },
    async mkdir(path: string) {
      fs.mkdirSync(path);
    },
    async rmdir(path: string) {
      fs.rmdirSync(path);
    },
    async unlink(path: string) {
      fs.unlinkSync(path);
    },
    async stat(path: string) {
      return fs.statSync(path);
    },
    async lstat(path: string) {
      return fs.lstatSync(path);
    },
    async readdir(path: string) {
      return fs.readdirSync(path);
    },
    async readlink(path: string) {
      return fs.readlinkSync(path);
    },
    async symlink(target: string, path: string) {
      fs.symlinkSync(target, path);
    },
  },
};

/** Writes a file so that after a crash it is there whole or not at all. */
async function writeDurably(path: string, data: Uint8Array | string, mode: number): Promise<void> {
  fs.mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryBeside(path);
  const descriptor = fs.openSync(temporary, 'wx', mode);
  try {
    fs.writeFileSync(descriptor, data);
    await fsync(descriptor);
  } catch (error) {
    fs.unlinkSync(temporary);
    throw error;
  } finally {
    fs.closeSync(descriptor);
  }
  fs.renameSync(temporary, path);
}

/** As writeDurably, but only safe against being killed, not against a power cut: for what can be made again. */
export function writeWhole(
  path: string,
  data: Uint8Array | string,
  { via = dirname(path), flush = false }: { via?: string; flush?: boolean } = {},
): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryBeside(join(via, 'file'));
  try {
    fs.writeFileSync(temporary, data, { flag: 'wx', flush });
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** Makes a folder's entries durable. Not every system allows it; where it does not, the rename itself is. */
export function syncFolder(path: string): void {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, 'r');
  } catch {
    return;
  }
  try {
    fs.fsyncSync(descriptor);
  } catch {
    // Windows and some network file systems refuse to sync a folder.
  } finally {
    fs.closeSync(descriptor);
  }
}

/** `git gc` and `git prune` clear away what is called tmp_obj_*. */
function temporaryBeside(path: string): string {
  return join(dirname(path), `tmp_obj_${randomBytes(8).toString('hex')}`);
}
