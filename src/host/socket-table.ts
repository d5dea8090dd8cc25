import type { PortRef } from '../../events/port.js';
import type { Listener } from './listener.js';

/** The bound ports of one operating system. Each call looks once, at all ports. */
export interface SocketTable {
  bound(): Promise<PortRef[]>;
  listeners(wanted: (ref: PortRef) => boolean): Promise<Listener[]>;
}
