import { oneLine } from '../control-characters.js';
import type { Coverage } from '../documents/unread-kinds.js';

/** `read 3 files with ports: compose 2, dotenv 1`, then unsupported files that seem to have ports. */
export function renderCoverage({ read, unread }: Coverage): string[] {
  const files = [...read.values()].reduce((sum, count) => sum + count, 0);
  const what =
    files === 0 ? 'found no files with ports' : `read ${counted(files)} with ports: ${listed(read)}`;
  if (unread.size === 0) return [oneLine(what)];
  return [oneLine(what), oneLine(`not read, although they seem to contain ports: ${listed(unread)}`)];
}

function counted(files: number): string {
  return `${files} ${files === 1 ? 'file' : 'files'}`;
}

function listed(kinds: ReadonlyMap<string, number>): string {
  const all = [...kinds].map(([kind, count]) => `${kind} ${count}`);
  return [...all.slice(0, 8), ...(all.length > 8 ? [`${all.length - 8} more kinds`] : [])].join(', ');
}
