import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PortRef } from '../../events/port.js';
import { attempt } from '../attempt.js';
import { packageRoot } from '../files/package-root.js';

export function assignedName({ port, protocol }: PortRef): string | undefined {
  const list = assignedList();
  const key = `\n${port}/${protocol} `;
  const at = list.indexOf(key);
  return at < 0 ? undefined : list.slice(at + key.length, list.indexOf('\n', at + key.length));
}

/** All ports assigned by IANA, with the first name of each. */
export function assignedNames(): Map<number, string> {
  const found = new Map<number, string>();
  for (const [, port, name] of assignedList().matchAll(/^(\d+)\/\w+ (.+)$/gm))
    if (!found.has(Number(port))) found.set(Number(port), name!);
  return found;
}

/** Written by the build, a line `PORT/PROTOCOL NAME` each. Empty if missing. */
function assignedList(): string {
  return attempt(() => readFileSync(join(packageRoot(), 'dist', 'assigned-ports.txt'), 'latin1')) ?? '';
}
