import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PortRef } from '../../events/port.js';
import { packageRoot } from '../files/package-root.js';

/** The service that IANA has assigned a port to, by the list that the build lays down: a line `PORT/PROTOCOL NAME` each. */
export function assignedName({ port, protocol }: PortRef): string | undefined {
  let list: string;
  try {
    list = readFileSync(join(packageRoot(), 'dist', 'assigned-ports.txt'), 'latin1');
  } catch {
    return undefined;
  }
  const key = `\n${port}/${protocol} `;
  const at = list.indexOf(key);
  return at < 0 ? undefined : list.slice(at + key.length, list.indexOf('\n', at + key.length));
}
