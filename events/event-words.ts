import { labelOf } from './names.js';
import { formatPort, type PortRef } from './port.js';

/** How events of one type are spoken of. */
export interface EventWords<Event> {
  /** In a commit's subject: `allocate 25000/tcp to web`. */
  verb: string;
  preposition: string;
  /** In the history: `allocated 25000/tcp to web`. */
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

/** ` until 2026-11-23 14:02Z`; nothing without an end. */
export function until(expires: string | null | undefined): string {
  return expires ? ` until ${expires.slice(0, 16).replace('T', ' ')}Z` : '';
}
