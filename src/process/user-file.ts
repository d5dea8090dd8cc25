import { join } from 'node:path';
import { ignoreErrors } from '../files/ignore-errors.js';
import { dataFolder, isPrivateFolder } from '../files/user-folders.js';
import { writeWhole } from '../files/write-whole.js';
import { mkdirSync, readdirSync, rmSync, statSync } from '../world/files.js';
import { world } from '../world/index.js';
import { processTable } from './system.js';

/** A file is written in milliseconds; a container that shares the folder has processes that are invisible here. */
const LONG_AGO = 60_000;

/**
 * Writes a file for this user alone below the data folder, and removes leftovers of killed processes. Failures are ignored; root writes
 * nothing into another user's home.
 */
export function keepUserFile(folder: string, name: string, text: string): void {
  if (!isPrivateFolder(dataFolder())) return;
  ignoreErrors(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWhole(join(folder, name), text, { mode: 0o600 });
    for (const it of readdirSync(folder))
      if (isLeftByKilled(folder, it)) ignoreErrors(() => rmSync(join(folder, it), { force: true }));
  });
}

/** Whether a temporary file was left by a process that has ended: the name contains the pid. */
function isLeftByKilled(folder: string, name: string): boolean {
  const [, pid] = /^tmp_obj_(\d+)_[0-9a-z]+$/.exec(name) ?? [];
  if (pid === undefined || (processTable().look(Number(pid))?.state ?? 'ended') !== 'ended') return false;
  const written = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
  return written !== undefined && world.now() - written > LONG_AGO;
}
