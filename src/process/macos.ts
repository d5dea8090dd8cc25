import type { FoundProcess, ProcessTable } from '../world/index.js';
import { stateOf } from './linux.js';
import { outputNow, startOfNode } from './output-now.js';

let boot: string | undefined;

/** By ps(1) and sysctl(8). ps reports whole seconds, so two starts within two seconds count as one. */
export const macos: ProcessTable = {
  boot: () => {
    boot ??= outputNow('sysctl', ['-n', 'kern.bootsessionuuid']).trim();
    return boot;
  },
  namespace: () => '',
  look: (pid) => parsePs(outputNow('ps', ['-o', 'state=,lstart=', '-p', String(pid)])),
  ownStart: startOfNode,
  isSameStart: (one, other) => Math.abs(Number(one) - Number(other)) <= 2_000,
};

/** `ps -o state=,lstart=` in the C locale and UTC: `Ss   Thu Nov 26 09:12:44 2026`. */
export function parsePs(output: string): FoundProcess | undefined {
  const match = /^\s*(\S+)\s+\w{3}\s+(\w{3}\s+\d+\s+[\d:]{8}\s+\d{4})\s*$/.exec(output);
  if (!match) return undefined;
  const started = Date.parse(`${match[2]} UTC`);
  return { state: stateOf(match[1]!), started: Number.isNaN(started) ? '' : String(started) };
}

/** The platform's UUID in the output of `ioreg -rd1 -c IOPlatformExpertDevice`; empty if there is none. */
export function parsePlatformId(output: string): string {
  return /"IOPlatformUUID" = "([0-9A-Fa-f-]+)"/.exec(output)?.[1] ?? '';
}
