import { WHY_OVER } from '../../events/lease.js';
import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import type { Cleaned } from '../registry/decide/cleanup.js';

/** A line a lease: what was or would be released, and what is kept because something still listens on it. */
export function renderCleanup(released: Cleaned[], kept: Cleaned[], done: boolean): string {
  if (released.length === 0 && kept.length === 0)
    return 'nothing to release: no lease is past its end, and none is of a process or a folder that is gone';
  const line = (it: Cleaned, what: string) =>
    `${what} ${formatPort(it)} ${labelOf(it)}: ${WHY_OVER[it.why].actual}`;
  return [
    ...released.map((it) => line(it, done ? 'released' : 'would release')),
    ...kept.map(
      (it) => `${line(it, 'kept')}, but something still listens; \`--force ${it.resource}\` releases it`,
    ),
  ].join('\n');
}
