import { join } from 'node:path';
import { quietly } from '../files/quietly.js';
import { dataFolder, isPrivateFolder } from '../files/user-folders.js';
import { writeWhole } from '../files/write-whole.js';
import { mkdirSync, readdirSync, rmSync, statSync } from '../world/files.js';
import { world } from '../world/index.js';
import { processTable } from './system.js';

/** A file is written in milliseconds. A container that shares the folder has processes that are not seen from here. */
const LONG_AGO = 60_000;

/**
 * Keeps a file in a folder of the data folder, for this user alone, and clears away what killed processes left there. What cannot be kept
 * keeps nobody from anything; root writes nothing into the home of another user.
 */
export function keepUserFile(folder: string, name: string, text: string): void {
  if (!isPrivateFolder(dataFolder())) return;
  quietly(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeWhole(join(folder, name), text, { mode: 0o600 });
    for (const it of readdirSync(folder))
      if (isLeftByKilled(folder, it)) quietly(() => rmSync(join(folder, it), { force: true }));
  });
}

/** Whether a file that is written under another name first was left by a process that is gone: its pid is in the name. */
function isLeftByKilled(folder: string, name: string): boolean {
  const [, pid] = /^tmp_obj_(\d+)_[0-9a-z]+$/.exec(name) ?? [];
  if (pid === undefined || (processTable().look(Number(pid))?.state ?? 'ended') !== 'ended') return false;
  const written = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
  return written !== undefined && world.now() - written > LONG_AGO;
}
