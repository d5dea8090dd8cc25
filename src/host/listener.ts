import type { PortRef, Protocol } from '../../events/port.js';

/** A process or container bound to a port on this machine. Unknown facts are null. */
export interface Listener extends PortRef {
  /** Local address in the system's notation: `0.0.0.0`, `127.0.0.1`, `::`. Null if only a bind probe found it. */
  address: string | null;
  /** The local end of an outgoing connection: it takes the port, but serves nobody on it. */
  connected: boolean;
  pid: number | null;
  process: string | null;
  user: string | null;
  /** ISO time of the process's start. */
  started: string | null;
  /** Name of the container, or the first twelve digits of its id. */
  container: string | null;
  /** The resource it runs for, if known, and the evidence. */
  resource: string | null;
  evidence: string | null;
  /** Whether the process itself names the resource; else its folder suggests it. */
  certain: boolean;
}

export function unknownListener(protocol: Protocol, port: number): Listener {
  return {
    protocol,
    port,
    address: null,
    connected: false,
    pid: null,
    process: null,
    user: null,
    started: null,
    container: null,
    resource: null,
    evidence: null,
    certain: false,
  };
}
