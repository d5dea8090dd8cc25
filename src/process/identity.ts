import { world } from '../world/index.js';
import { machineId, processTable } from './system.js';

/** Identifies a process beyond the reuse of its pid. Parts that the system does not report are empty. */
export interface ProcessIdentity {
  pid: number;
  /** Linux: clock ticks from boot to its start, field 22 of proc_pid_stat(5). Elsewhere: milliseconds since 1970, in decimal. */
  started: string;
  /** Linux: the random id of this boot. macOS: kern.bootsessionuuid. */
  boot: string;
  /** Linux: the inode of its pid namespace; pids of another namespace mean nothing here. */
  pidns: string;
}

export interface Whereabouts {
  host: string;
  /** An id that stays when the host name changes, if the system has one. */
  machine?: string | undefined;
}

export type Liveness = 'alive' | 'dead' | 'unknown';

export function ownIdentity(): ProcessIdentity {
  const table = processTable();
  return { pid: world.pid, started: table.ownStart(), boot: table.boot(), pidns: table.namespace() };
}

export function isOwn(identity: ProcessIdentity): boolean {
  const own = ownIdentity();
  return identity.pid === own.pid && identity.boot === own.boot && identity.pidns === own.pidns;
}

/** The current process with this pid in our pid namespace. */
export function identityOf(pid: number): ProcessIdentity {
  const table = processTable();
  return { pid, started: table.look(pid)?.started ?? '', boot: table.boot(), pidns: table.namespace() };
}

export function ownWhereabouts(): Whereabouts {
  const machine = machineId();
  return { host: world.hostname(), ...(machine && { machine }) };
}

/**
 * Whether the process still runs. Dead only if that is certain: another boot of this machine, or this boot and pid namespace and no
 * such process. On another machine or in an invisible namespace: unknown. `where` defaults to this machine.
 */
export function livenessOf(identity: ProcessIdentity, where?: Whereabouts): Liveness {
  const table = processTable();
  const boot = table.boot();
  const isThisBoot = identity.boot === boot;
  // Boot ids are random: an equal one means this machine, whatever its name was then.
  if (!(isThisBoot && boot) && where && !isHere(where)) return 'unknown';
  if (!isThisBoot) return identity.boot && boot ? 'dead' : 'unknown';
  if (identity.pidns !== table.namespace())
    return table.isGone?.(identity.pid, identity.pidns) ? 'dead' : 'unknown';
  if (!exists(identity.pid)) return 'dead';
  const found = table.look(identity.pid);
  // A zombie has ended: its parent has not waited for it yet, but it holds no port or lock.
  if (found?.state === 'ended') return 'dead';
  if (!identity.started || !found?.started) return 'alive';
  return table.isSameStart(found.started, identity.started) ? 'alive' : 'dead';
}

/** Whether a living process is stopped (SIGSTOP) and does nothing until it is continued. */
export function isStopped({ pid }: ProcessIdentity): boolean {
  return processTable().look(pid)?.state === 'stopped';
}

function isHere({ host, machine }: Whereabouts): boolean {
  return host === world.hostname() || (machine !== undefined && machine === machineId());
}

function exists(pid: number): boolean {
  if (world.processes) return world.processes.look(pid) !== undefined;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
