import { formatPort, type PortRef } from './port.js';

/** How events of one type are spoken of. */
export interface EventWords<Event> {
  /** In a commit's subject: `allocate 25000/tcp to web (main)`. */
  verb: string;
  preposition: string;
  /** In the history: `allocated 25000/tcp to web (main)`. */
  sentence: (event: Event) => string;
}

/** `web (main)`; the name alone says nothing where it is the usual one. */
function holderIn({ resource, name }: { resource: string; name: string }): string {
  return `${resource} (${name})`;
}

/** `allocated 25000/tcp to web (main)`. */
export function saying(
  what: string,
  event: PortRef & { resource: string; name: string },
  preposition: string,
): string {
  return `${what} ${formatPort(event)} ${preposition} ${holderIn(event)}`;
}

/** ` until 2026-11-23 14:02Z`; nothing without an end. */
export function until(expires: string | null | undefined): string {
  return expires ? ` until ${expires.slice(0, 16).replace('T', ' ')}Z` : '';
}
