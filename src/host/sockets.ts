import { type PortRef, portKey } from '../../events/port.js';
import { boundPorts, boundSockets } from './proc-net.js';
import { withOwners } from './socket-owner.js';
import type { SocketTable } from './socket-table.js';

const linux: SocketTable = {
  bound: async () => boundPorts(),
  listeners: async (wanted) => withOwners(boundSockets(wanted)),
};

const unknown: SocketTable = { bound: async () => [], listeners: async () => [] };

/** The table of this system; on unknown systems only bind probes find listeners. */
export async function socketTable(platform: string = process.platform): Promise<SocketTable> {
  switch (platform) {
    case 'linux':
      return linux;
    case 'darwin':
      return (await import('./lsof.js')).lsof;
    case 'win32':
      return (await import('./netstat.js')).netstat;
    default:
      return unknown;
  }
}

export function sameAs(ref: PortRef): (other: PortRef) => boolean {
  return (other) => portKey(other) === portKey(ref);
}
