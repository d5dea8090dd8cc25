import type { PortEvent } from '../../events/event.js';
import { formatPort } from '../../events/port.js';
import type { ToldEvent } from '../registry/state/history.js';
import { minute } from './ports.js';
import { csv } from './table.js';

/** `2026-11-23 14:02Z  allocated 25000/tcp to web (main) by Ada: reason  3f2a91c`. */
export function renderEvent(event: ToldEvent): string {
  const parts = [minute(event.at), ` ${what(event)} by ${event.by.name}`];
  if (event.reason) parts.push(`: ${event.reason}`);
  if (event.commit) parts.push(`  [${event.commit.slice(0, 10)}]`);
  return parts.join('');
}

export function renderEventsCsv(events: ToldEvent[]): string {
  const heading = [
    'at',
    'type',
    'port',
    'protocol',
    'resource',
    'name',
    'owner',
    'by',
    'email',
    'host',
    'reason',
    'lease',
    'id',
    'path',
    'commit',
    'merge',
    'log',
  ];
  const rows = events.map((event) => [
    event.at,
    event.type,
    event.port,
    event.protocol,
    event.resource,
    event.name,
    'owner' in event ? (event.owner ?? null) : null,
    event.by.name,
    event.by.email,
    event.by.host,
    event.reason ?? null,
    'lease' in event ? (event.lease?.expires ?? null) : null,
    event.id,
    event.path,
    event.commit,
    event.merge,
    event.log,
  ]);
  return csv(heading, rows);
}

function what(event: PortEvent): string {
  const port = formatPort(event);
  const who = `${event.resource} (${event.name})`;
  switch (event.type) {
    case 'port.allocated':
      return `allocated ${port} to ${who}${event.from ? `, moved from ${event.from}` : ''}${until(event.lease?.expires)}`;
    case 'port.registered':
      return `registered ${port} to ${who}`;
    case 'port.described':
      return `described ${port} of ${who}${event.owner ? `, owner ${event.owner}` : ''}`;
    case 'port.renewed':
      return `renewed ${port} for ${who}${until(event.lease.expires)}`;
    case 'port.released':
      return `released ${port} from ${who}${event.to ? `, moved to ${event.to}` : ''}`;
  }
}

function until(expires: string | undefined): string {
  return expires ? ` until ${minute(expires)}` : '';
}
