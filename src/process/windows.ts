import type { FoundProcess, ProcessTable } from '../world/index.js';
import { outputNow, startOfNode } from './output-now.js';

/** What has been seen is believed for so long, in milliseconds: each look starts a PowerShell, which takes a third of a second. */
const BELIEVED = 5_000;
const seen = new Map<number, { found: FoundProcess | undefined; at: number }>();

/**
 * By PowerShell. Starts are of the wall clock and tell processes of two boots apart too. node notes its own start some
 * milliseconds after the system does, so two starts within two seconds are taken for one.
 */
export const windows: ProcessTable = {
  boot: () => '',
  namespace: () => '',
  look: (pid) => {
    const known = seen.get(pid);
    if (known && performance.now() - known.at < BELIEVED) return known.found;
    const question = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToUniversalTime().ToString('o')`;
    const found = parseStart(
      outputNow('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', question]),
    );
    seen.set(pid, { found, at: performance.now() });
    return found;
  },
  ownStart: startOfNode,
  isSameStart: (one, other) => Math.abs(Number(one) - Number(other)) <= 2_000,
};

/** `2026-11-26T09:12:44.5678901Z`; undefined where the process is somebody else's, whose start may not be seen. */
export function parseStart(output: string): FoundProcess | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d*Z\s*$/.exec(output);
  return match ? { state: 'running', started: String(Date.parse(`${match[1]}Z`)) } : undefined;
}
