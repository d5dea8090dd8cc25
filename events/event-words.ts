import type { Lease } from './lease.js';
import { labelOf } from './names.js';
import { formatPort, type PortRef } from './port.js';

export interface EventWords<Event> {
  /** For the subject of a commit: `allocate 25000/tcp to web`. */
  verb: string;
  preposition: string;
  /** For the history: `allocated 25000/tcp to web`. */
  sentence: (event: Event) => string;
}

/** `allocated 25000/tcp to web`. */
export function saying(
  what: string,
  event: PortRef & { resource: string; name: string },
  preposition: string,
): string {
  return `${what} ${formatPort(event)} ${preposition} ${labelOf(event)}`;
}

/** ` until 2026-11-23 14:02Z`, ` for the folder /home/ada/web-login`; nothing for a claim. */
export function until(lease: Lease | undefined): string {
  if (!lease) return '';
  return lease.expires === null
    ? ` for the folder ${lease.folder}`
    : ` until ${lease.expires.slice(0, 16).replace('T', ' ')}Z`;
}
