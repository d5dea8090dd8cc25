import { readFileSync } from 'node:fs';

/** Whether a process is `root` or was started by it, directly or through others. A process that is gone is not. */
export function isWithin(pid: number, root: number): boolean {
  const seen = new Set<number>();
  for (let at = pid; at > 1 && !seen.has(at); at = parentOf(at)) {
    if (at === root) return true;
    seen.add(at);
  }
  return false;
}

/** Field 4 of proc_pid_stat(5); the command before it, in brackets, may itself hold brackets and spaces. */
function parentOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}
