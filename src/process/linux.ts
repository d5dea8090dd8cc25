import { attempt } from '../attempt.js';
import { existsSync, readdirSync, readFileSync, readlinkSync } from '../world/files.js';
import type { FoundProcess, ProcessTable } from '../world/index.js';

/** By proc(5): each lookup reads one small file. */
export const linux: ProcessTable = {
  boot: () => readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
  namespace: () => readOr(() => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? ''),
  look: (pid) => parseStat(readOr(() => readFileSync(`/proc/${pid}/stat`, 'latin1'))),
  ownStart: () => linux.look(process.pid)?.started ?? '',
  isSameStart: (one, other) => one === other,
  isGone: (pid, namespace) =>
    linux.namespace() === FIRST && existsSync('/proc/1/status') && !isAnywhere(String(pid), namespace),
};

/** PROC_PID_INIT_INO of the kernel: the namespace that sees the processes of all others (pid_namespaces(7)). */
const FIRST = '4026531836';

function isAnywhere(pid: string, namespace: string): boolean {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = readOr(() => readFileSync(`/proc/${name}/status`, 'latin1'));
    // Its pids from our namespace down to its own: proc_pid_status(5).
    const pids = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
    if (pids.length < 2 || pids.at(-1) !== pid) continue;
    const link = readOr(() => readlinkSync(`/proc/${name}/ns/pid`));
    if (link === '' || link.includes(`[${namespace}]`)) return true;
  }
  return false;
}

/** The command in the brackets of /proc/PID/stat may itself contain brackets and spaces. */
export function parseStat(stat: string): FoundProcess | undefined {
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const started = fields[18];
  if (!state || !started) return undefined;
  return { state: stateOf(state), started };
}

/** State letters of ps(1), also on macOS. */
export function stateOf(letter: string): FoundProcess['state'] {
  if (/^[ZX]/.test(letter)) return 'ended';
  return /^[Tt]/.test(letter) ? 'stopped' : 'running';
}

function readOr(read: () => string): string {
  return attempt(read) ?? '';
}
