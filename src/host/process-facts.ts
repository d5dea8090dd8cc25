import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Facts about processes from proc(5). Most are readable only for the user's own processes. */

/** A variable in the initial environment of a process (proc_pid_environ(5)). */
export function variableOf(pid: number, name: string): string | undefined {
  return read(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))
    ?.split('\0')
    .find((it) => it.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

export function folderOf(pid: number): string | undefined {
  return read(() => readlinkSync(`/proc/${pid}/cwd`));
}

/** Whether paths mean the same to a process as to this one: same mount namespace, same root. */
export function sharesFiles(pid: number): boolean {
  const [theirs, ours] = [pid, 'self'].map((it) =>
    read(() => [readlinkSync(`/proc/${it}/ns/mnt`), readlinkSync(`/proc/${it}/root`)].join(' ')),
  );
  return theirs !== undefined && theirs === ours;
}

export function parentOf(pid: number): number | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // Field 4 of proc_pid_stat(5); the command before it, in brackets, may itself contain brackets and spaces.
  return stat ? Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) : undefined;
}

/** Other processes that were started with this variable; none without proc(5). */
export function processesWith(name: string, value: string): number[] {
  const pids = read(() => readdirSync('/proc'))?.filter((it) => /^\d+$/.test(it)) ?? [];
  return pids.map(Number).filter((pid) => pid !== process.pid && variableOf(pid, name) === value);
}

/** Those of our process group. */
export function groupWith(name: string, value: string): number[] {
  const group = groupOf('self');
  return processesWith(name, value).filter((pid) => groupOf(pid) === group);
}

/** Field 5 of proc_pid_stat(5). */
function groupOf(pid: number | 'self'): string | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[2];
}

/** The name of a process, cut to 15 characters. */
export function nameOf(pid: number): string | undefined {
  return read(() => readFileSync(`/proc/${pid}/comm`, 'utf8'))?.trim();
}

export function userIdOf(pid: number): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(read(() => readFileSync(`/proc/${pid}/status`, 'latin1')) ?? '')?.[1];
  return uid === undefined ? undefined : Number(uid);
}

export function controlGroupsOf(pid: number): string[] {
  const text = read(() => readFileSync(`/proc/${pid}/cgroup`, 'latin1')) ?? '';
  return text.split('\n').flatMap((line) => /^\d+:[^:]*:(.*)$/.exec(line)?.[1] ?? []);
}

/** The process may have ended, or belong to another user. */
function read<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
