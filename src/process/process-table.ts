import { linux } from './linux.js';
import { macos, parsePlatformId } from './macos.js';
import { outputNow } from './output-now.js';
import { windows } from './windows.js';

/** How one kind of system is asked about processes. */
export interface ProcessTable {
  /** Another one after each start of the machine; empty where the system does not tell. */
  boot(): string;
  /** Pids of another one mean nothing in it. */
  namespace(): string;
  look(pid: number): FoundProcess | undefined;
  /** When this process was started, as look() would say it. */
  ownStart(): string;
  isSameStart(one: string, other: string): boolean;
}

export interface FoundProcess {
  state: 'running' | 'stopped' | 'ended';
  /** As ProcessIdentity has it; empty where it may not be seen. */
  started: string;
}

export function processTable(platform: string = process.platform): ProcessTable {
  if (platform === 'darwin') return macos;
  return platform === 'win32' ? windows : linux;
}

let machine: string | undefined;

/** What tells this machine from every other, whatever it is called; undefined where names do not change by themselves. */
export function machineId(): string | undefined {
  if (process.platform !== 'darwin') return undefined;
  machine ??= parsePlatformId(outputNow('ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']));
  return machine || undefined;
}
