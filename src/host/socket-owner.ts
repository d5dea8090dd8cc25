import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { attempt } from '../attempt.js';
import { remembered } from '../remembered.js';
import type { Listener } from './listener.js';
import type { BoundSocket } from './proc-net.js';
import { nameOf, processIds, statOf } from './process-facts.js';

/** Clock ticks per second in proc_pid_stat(5): USER_HZ is 100 on every Linux that node runs on. */
const TICKS = 100;

/**
 * Adds the owning process to each listener, in one pass over the open files of all processes. Without privileges the processes of other users are
 * invisible: then pid and process stay null, but the user is known. Of several processes that share a socket, the lowest pid is named.
 */
export function withOwners(sockets: BoundSocket[]): Listener[] {
  const wanted = new Map(sockets.map((socket) => [socket.inode, null as number | null]));
  for (const pid of sockets.length > 0 ? processIds().sort((a, b) => a - b) : []) {
    for (const inode of socketsOf(pid)) if (wanted.get(inode) === null) wanted.set(inode, pid);
  }
  const [userOf, processOf] = [remembered(userName), remembered(describe)];
  return sockets.map(({ inode, uid, ...listener }) => {
    const pid = inode === 0 ? null : (wanted.get(inode) ?? null);
    return { ...listener, user: userOf(uid), ...(pid !== null && processOf(pid)) };
  });
}

function socketsOf(pid: number): number[] {
  const files = attempt(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return files.flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? '')?.[1];
    return inode ? [Number(inode)] : [];
  });
}

function describe(pid: number): Pick<Listener, 'pid' | 'process' | 'started' | 'container'> {
  const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
    ?.split('\0')
    .filter(Boolean)
    .join(' ');
  return { pid, process: command || nameOf(pid) || null, started: startOf(pid), container: containerOf(pid) };
}

function startOf(pid: number): string | null {
  const boot = /^btime (\d+)$/m.exec(attempt(() => readFileSync('/proc/stat', 'latin1')) ?? '')?.[1];
  const ticks = Number(statOf(pid)[19]);
  return boot && ticks ? new Date((Number(boot) + ticks / TICKS) * 1000).toISOString() : null;
}

/** Engines name a container's control group by its id: 64 hexadecimal digits, of which twelve are shown. */
function containerOf(pid: number): string | null {
  const groups = attempt(() => readFileSync(`/proc/${pid}/cgroup`, 'latin1')) ?? '';
  return /[/-]([0-9a-f]{12})[0-9a-f]{52}/.exec(groups)?.[1] ?? null;
}

export function userName(uid: number): string {
  const passwd = attempt(() => readFileSync('/etc/passwd', 'utf8')) ?? '';
  return new RegExp(`^([^:]*):[^:]*:${uid}:`, 'm').exec(passwd)?.[1] ?? String(uid);
}
