import { dirname, join } from 'node:path';
import { mkdirSync, rmSync, writeFileSync } from '../world/files.js';
import { world } from '../world/index.js';
import { rename } from './rename.js';

export interface WriteOptions {
  /** The folder of the temporary file. */
  via?: string | undefined;
  /** Whether it is written across a power cut too. */
  flush?: boolean | undefined;
  mode?: number | undefined;
}

/** Writes a file whole or not at all. An error names the file, not the temporary one. */
export function writeWhole(
  path: string,
  data: Uint8Array | string,
  { via = dirname(path), flush = false, mode }: WriteOptions = {},
): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = temporaryPathFor(join(via, 'file'));
  try {
    writeFileSync(temporary, data, { flag: 'wx', flush, mode });
    rename(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error instanceof Error && 'path' in error && error.path === temporary
      ? Object.assign(error, { path, syscall: 'write' })
      : error;
  }
}

/** `git gc` and `git prune` delete files named tmp_obj_*. */
export function temporaryPathFor(path: string): string {
  return join(dirname(path), `tmp_obj_${world.pid}_${world.random().toString(36).slice(2)}`);
}
