import type { PortRef } from '../../events/port.js';
import type { Listener } from './listener.js';

/** How one kind of system is asked who is bound to which port. Each question is one look for all ports. */
export interface SocketTable {
  /** Every port that is taken. */
  bound(): Promise<PortRef[]>;
  /** Those that are wanted, with the process that holds each. */
  listeners(wanted: (ref: PortRef) => boolean): Promise<Listener[]>;
}
