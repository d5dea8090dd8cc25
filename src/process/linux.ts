import { readFileSync, readlinkSync } from 'node:fs';
import type { FoundProcess, ProcessTable } from './process-table.js';

/** By proc(5), in which each look is one small file. */
export const linux: ProcessTable = {
  boot: () => readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
  namespace: () => readOr(() => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''),
  look: (pid) => parseStat(readOr(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))),
  ownStart: () => linux.look(process.pid)?.started ?? '',
  isSameStart: (one, other) => one === other,
};

/** The command between the brackets of /proc/PID/stat may itself hold brackets and spaces. */
export function parseStat(stat: string): FoundProcess | undefined {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const started = fields[18];
  if (!state || !started) return undefined;
  return { state: stateOf(state), started };
}

/** The letters of ps(1), on macOS too. */
export function stateOf(letter: string): FoundProcess['state'] {
  if (/^[ZX]/.test(letter)) return 'ended';
  return /^[Tt]/.test(letter) ? 'stopped' : 'running';
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
