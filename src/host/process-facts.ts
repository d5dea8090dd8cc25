import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { attempt } from '../attempt.js';

/** Facts about processes from proc(5). A process may have ended, or belong to another user: most facts are readable only for one's own. */

/** A variable in the initial environment of a process (proc_pid_environ(5)). */
export function variableOf(pid: number, name: string): string | undefined {
  return attempt(() => readFileSync(`/proc/${pid}/environ`, 'utf8'))
    ?.split('\0')
    .find((it) => it.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

export function folderOf(pid: number): string | undefined {
  return attempt(() => readlinkSync(`/proc/${pid}/cwd`));
}

/** Whether paths mean the same to a process as to this one: same mount namespace, same root. */
export function sharesFiles(pid: number): boolean {
  const [theirs, ours] = [pid, 'self'].map((it) =>
    attempt(() => [readlinkSync(`/proc/${it}/ns/mnt`), readlinkSync(`/proc/${it}/root`)].join(' ')),
  );
  return theirs !== undefined && theirs === ours;
}

/** The fields of proc_pid_stat(5) behind the command, which is in brackets and may itself contain brackets and spaces. */
export function statOf(pid: number | 'self'): string[] {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

export function parentOf(pid: number): number | undefined {
  const [, parent] = statOf(pid);
  return parent === undefined ? undefined : Number(parent);
}

/** All of them; none without proc(5). */
export function processIds(): number[] {
  const names = attempt(() => readdirSync('/proc')) ?? [];
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Other processes that were started with this variable; none without proc(5). */
export function processesWith(name: string, value: string): number[] {
  return processIds().filter((pid) => pid !== process.pid && variableOf(pid, name) === value);
}

/** Those of our process group. */
export function groupWith(name: string, value: string): number[] {
  const [, , group] = statOf('self');
  return processesWith(name, value).filter((pid) => statOf(pid)[2] === group);
}

/** The name of a process, cut to 15 characters. */
export function nameOf(pid: number): string | undefined {
  return attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8'))?.trim();
}

export function userIdOf(pid: number): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(attempt(() => readFileSync(`/proc/${pid}/status`, 'latin1')) ?? '')?.[1];
  return uid === undefined ? undefined : Number(uid);
}

export function controlGroupsOf(pid: number): string[] {
  const text = attempt(() => readFileSync(`/proc/${pid}/cgroup`, 'latin1')) ?? '';
  return text.split('\n').flatMap((line) => /^\d+:[^:]*:(.*)$/.exec(line)?.[1] ?? []);
}
