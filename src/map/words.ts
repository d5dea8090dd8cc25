import { UNTIL_FOLDER_IS_GONE } from './columns.js';
import type { MapEvent } from './history.js';

/** `2026-11-27 06:12Z` */
export function minute(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

/** `web`, or `web/debug` if the port's name is not `main`. */
export function labelOf({ resource, name }: Pick<MapEvent, 'resource' | 'name'>): string {
  return name === 'main' ? resource : `${resource}/${name}`;
}

/** `web gets 25000/tcp`, without author and reason. */
export function sentenceOf(event: MapEvent): string {
  const [who, port] = [labelOf(event), `${event.port}/${event.protocol}`];
  switch (event.type) {
    case 'port.allocated':
      return event.other ? `${who} gets ${port}, moved from ${event.other}` : `${who} gets ${port}`;
    case 'port.registered':
      return `${who} registers ${port}`;
    case 'port.described':
      return `${who} on ${port} is updated${event.owner ? `: owner ${event.owner}` : ''}`;
    case 'port.renewed':
      return `${who} renews its lease of ${port}`;
    case 'port.released':
      return event.other ? `${who} leaves ${port} and moves to ${event.other}` : `${who} releases ${port}`;
  }
}

/** `by Ada: why`. */
export function authorOf({ by, reason }: MapEvent): string {
  return `by ${by}${reason ? `: ${reason}` : ''}`;
}

export function originOf({ commit, pullRequest, signature }: MapEvent): string {
  return [commit, pullRequest, signature].filter(Boolean).join(', ');
}

/** End of a lease in words; empty without a lease. */
export function leaseWords(lease: number): string {
  if (lease === 0) return '';
  return lease === UNTIL_FOLDER_IS_GONE ? 'until its folder is removed' : `until ${minute(lease * 1000)}`;
}

/** A duration in milliseconds as words: `3 days`. */
export function span(length: number): string {
  const days = Math.floor(length / 86_400_000);
  if (days < 1) return 'under a day';
  if (days < 60) return days === 1 ? '1 day' : `${days} days`;
  const months = Math.floor(days / 30.44);
  return months < 24 ? `${months} months` : `${Math.floor(days / 365.25)} years`;
}
