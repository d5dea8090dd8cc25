import { type ProcessTable, world } from '../world/index.js';
import { linux } from './linux.js';
import { macos, parsePlatformId } from './macos.js';
import { outputNow } from './output-now.js';
import { windows } from './windows.js';

export function processTable(platform: string = process.platform): ProcessTable {
  if (world.processes) return world.processes;
  if (platform === 'darwin') return macos;
  return platform === 'win32' ? windows : linux;
}

let machine: string | undefined;

/** An id of this machine that stays when its name changes; undefined where names do not change by themselves. */
export function machineId(): string | undefined {
  if (process.platform !== 'darwin') return undefined;
  machine ??= parsePlatformId(outputNow('ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']));
  return machine || undefined;
}
