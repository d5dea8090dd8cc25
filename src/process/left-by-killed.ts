import { join } from 'node:path';
import { quietly } from '../files/quietly.js';
import { readdirSync, rmSync } from '../world/files.js';
import { processTable } from './system.js';

/** Whether a file that is written under another name first was left by a process that is gone: its pid is in the name. */
function isLeftByKilled(name: string): boolean {
  const [, pid] = /^tmp_obj_(\d+)_[0-9a-z]+$/.exec(name) ?? [];
  return pid !== undefined && (processTable().look(Number(pid))?.state ?? 'ended') === 'ended';
}

/** Removes what killed processes have left in a folder of the user's own. */
export function removeLeftByKilled(folder: string): void {
  for (const name of readdirSync(folder))
    if (isLeftByKilled(name)) quietly(() => rmSync(join(folder, name), { force: true }));
}
