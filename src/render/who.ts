import { formatPort, type PortRef } from '../../events/port.js';
import type { ListedPort } from '../registry/queries.js';
import type { Who } from '../registry/registry-reader.js';
import { renderEvent } from './events.js';
import { minute, renderListener } from './ports.js';

/** Who holds a port and what listens on it now, then its whole history, the oldest first. */
export function renderWho({ holder, history, listeners, ...ref }: Omit<Who, 'warnings'>): string {
  return [
    holder ? heldBy(ref, holder) : `${formatPort(ref)} is held by nobody`,
    ...listeners.map(
      (it) =>
        `${it.connected ? 'taken' : 'bound'} by ${renderListener(it)}${it.started ? `, since ${minute(it.started)}` : ''}`,
    ),
    ...(history.length > 0 ? ['', ...history.map(renderEvent)] : []),
  ].join('\n');
}

function heldBy(ref: PortRef, holder: ListedPort): string {
  const owner = holder.owner ? `, owner ${holder.owner}` : '';
  const lease = holder.lease ? `, leased until ${minute(holder.lease)}` : '';
  const why = holder.reason ? `: ${holder.reason}` : '';
  return `${formatPort(ref)} is held by ${holder.resource} (${holder.name}) since ${minute(holder.since)}, by ${holder.by}${owner}${lease}${why}`;
}
