import type { PortRef } from '../../events/port.js';
import type { Listener } from './listener.js';

/** The bound ports of one operating system. Each call looks once, at all ports. */
export interface SocketTable {
  /** All ports in use. */
  bound(): Promise<PortRef[]>;
  /** The wanted listeners, with their processes. */
  listeners(wanted: (ref: PortRef) => boolean): Promise<Listener[]>;
}
