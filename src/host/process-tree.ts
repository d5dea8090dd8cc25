import { parentOf } from './process-facts.js';

/** Whether a running process is `root` or a descendant of it. */
export function isWithin(pid: number, root: number): boolean {
  const seen = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && at > 1 && !seen.has(at); at = parentOf(at)) {
    if (at === root) return true;
    seen.add(at);
  }
  return false;
}
