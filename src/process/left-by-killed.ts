import { join } from 'node:path';
import { quietly } from '../files/quietly.js';
import { readdirSync, rmSync } from '../world/files.js';
import { processTable } from './system.js';

/** Removes what killed processes have left in a folder of the user's own, where each file is written under another name first. */
export function removeLeftByKilled(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, pid] = /^tmp_obj_(\d+)_[0-9a-z]+$/.exec(name) ?? [];
    const isGone = pid !== undefined && (processTable().look(Number(pid))?.state ?? 'ended') === 'ended';
    if (isGone) quietly(() => rmSync(join(folder, name), { force: true }));
  }
}
