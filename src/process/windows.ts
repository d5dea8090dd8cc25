import type { FoundProcess, ProcessTable } from '../world/index.js';
import { outputNow, startOfNode } from './output-now.js';

/** Milliseconds to cache a result: each lookup starts a PowerShell, which takes a third of a second. */
const CACHED_FOR = 5_000;
const seen = new Map<number, { found: FoundProcess | undefined; at: number }>();

/**
 * By PowerShell. Starts are wall-clock times, so they also distinguish boots. node notes its own start some milliseconds after
 * the system does, so two starts within two seconds count as one.
 */
export const windows: ProcessTable = {
  boot: () => '',
  namespace: () => '',
  look: (pid) => {
    const known = seen.get(pid);
    if (known && performance.now() - known.at < CACHED_FOR) return known.found;
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

/** `2026-11-26T09:12:44.5678901Z`; undefined for a process of another user, whose start is invisible. */
export function parseStart(output: string): FoundProcess | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d*Z\s*$/.exec(output);
  return match ? { state: 'running', started: String(Date.parse(`${match[1]}Z`)) } : undefined;
}
