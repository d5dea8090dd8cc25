import { WHY_OVER } from '../../events/lease.js';
import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import type { Cleaned } from '../registry/decide/cleanup.js';

export function renderCleanup(released: Cleaned[], kept: Cleaned[], done: boolean): string {
  if (released.length === 0 && kept.length === 0) return 'nothing to release: no expired or orphaned leases';
  const line = (it: Cleaned, what: string) =>
    `${what} ${formatPort(it)} ${labelOf(it)}: ${WHY_OVER[it.why].actual}`;
  return [
    ...released.map((it) => line(it, done ? 'released' : 'would release')),
    ...kept.map(
      (it) => `${line(it, 'kept')}, but a process still listens; release it with \`--force ${it.resource}\``,
    ),
  ].join('\n');
}
