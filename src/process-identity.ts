import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told apart from every other that ever had its pid. What the system does not tell is empty. */
export interface ProcessIdentity {
  pid: number;
  /** Linux: clock ticks from boot to its start, field 22 of proc_pid_stat(5). */
  started: string;
  /** Linux: the random id of this boot. */
  boot: string;
  /** Linux: the inode of its pid namespace; pids of another namespace mean nothing here. */
  pidns: string;
}

export type Liveness = 'alive' | 'dead' | 'unknown';

export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid);
}

/** A process of this pid namespace, as it is now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: statOf(pid).started, boot: bootId(), pidns: pidNamespace() };
}

/**
 * Whether the process still runs. Dead only where that is certain: another boot of this host, or this boot and
 * pid namespace and no such process. Another host or namespace is unknown, never dead.
 */
export function livenessOf(identity: ProcessIdentity, host = hostname()): Liveness {
  if (host !== hostname()) return 'unknown';
  if (identity.boot !== bootId()) return identity.boot && bootId() ? 'dead' : 'unknown';
  if (identity.pidns !== pidNamespace()) return 'unknown';
  if (!exists(identity.pid)) return 'dead';
  const { state, started } = statOf(identity.pid);
  // A zombie has ended: its parent has not asked how, and it holds no port and no lock any more.
  if (state === 'Z' || state === 'X') return 'dead';
  return identity.started && started && started !== identity.started ? 'dead' : 'alive';
}

/** Whether a process that lives has been stopped, and does nothing until it is told to go on. Linux. */
export function isStopped({ pid }: ProcessIdentity): boolean {
  return ['T', 't'].includes(statOf(pid).state);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** The command between the brackets of /proc/PID/stat may itself hold brackets and spaces. */
function statOf(pid: number): { state: string; started: string } {
  const stat = readOr(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

function bootId(): string {
  return readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
}

function pidNamespace(): string {
  return readOr(() => /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '');
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
