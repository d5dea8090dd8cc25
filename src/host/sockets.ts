import { type PortRef, portKey } from '../../events/port.js';
import type { Listener } from './listener.js';
import { boundPorts, boundSockets } from './proc-net.js';
import { withOwners } from './socket-owner.js';

/** How one kind of system is asked who is bound to which port. Each question is one look for all ports. */
export interface SocketTable {
  /** Every port that is taken. */
  bound(): Promise<PortRef[]>;
  /** Those that are wanted, with the process that holds each. */
  listeners(wanted: (ref: PortRef) => boolean): Promise<Listener[]>;
}

const linux: SocketTable = {
  bound: async () => boundPorts(),
  listeners: async (wanted) => withOwners(boundSockets(wanted)),
};

const unknown: SocketTable = { bound: async () => [], listeners: async () => [] };

/** The table of this system; on one that none is known for, only bind probes tell. */
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
