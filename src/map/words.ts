import { UNTIL_FOLDER_IS_GONE } from './columns.js';
import type { ToldEvent } from './history.js';

/** `2026-11-27 06:12Z` */
export function minute(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

/** `web`, or `web/debug` where the port has another name than `main`. */
export function labelOf({ resource, name }: Pick<ToldEvent, 'resource' | 'name'>): string {
  return name === 'main' ? resource : `${resource}/${name}`;
}

/** What happened: `web gets 25000/tcp`. Without who did it and why. */
export function sentenceOf(event: ToldEvent): string {
  const [who, port] = [labelOf(event), `${event.port}/${event.protocol}`];
  switch (event.type) {
    case 'port.allocated':
      return event.other ? `${who} gets ${port}, moved from ${event.other}` : `${who} gets ${port}`;
    case 'port.registered':
      return `${who} has ${port} on record`;
    case 'port.described':
      return `${who} on ${port} is updated${event.owner ? `: owner ${event.owner}` : ''}`;
    case 'port.renewed':
      return `${who} has its lease of ${port} renewed`;
    case 'port.released':
      return event.other ? `${who} leaves ${port} and moves to ${event.other}` : `${who} gives ${port} back`;
  }
}

/** How a lease ends, in words; empty where there is none. */
export function leaseWords(lease: number): string {
  if (lease === 0) return '';
  return lease === UNTIL_FOLDER_IS_GONE ? 'until its folder is gone' : `until ${minute(lease * 1000)}`;
}

/** How long ago: `3 days`. In milliseconds. */
export function span(length: number): string {
  const days = Math.floor(length / 86_400_000);
  if (days < 1) return 'under a day';
  if (days < 60) return days === 1 ? '1 day' : `${days} days`;
  const months = Math.floor(days / 30.44);
  return months < 24 ? `${months} months` : `${Math.floor(days / 365.25)} years`;
}
