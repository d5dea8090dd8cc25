import type { PortRef, Protocol } from '../../events/port.js';

/** Something on this machine that is bound to a port. What cannot be seen is null. */
export interface Listener extends PortRef {
  /** The local address as the system writes it: `0.0.0.0`, `127.0.0.1`, `::`. Null where only a bind probe knows. */
  address: string | null;
  /** A client: its own end of a connection has this port. It takes the port, and serves nobody on it. */
  connected: boolean;
  pid: number | null;
  process: string | null;
  user: string | null;
  /** ISO time of the process's start. */
  started: string | null;
  /** Name of the container, or the first twelve digits of its id. */
  container: string | null;
  /** The resource it runs for, where it can be told, and what tells it. */
  resource: string | null;
  evidence: string | null;
  /** Whether the evidence is its own word, and not only the folder it runs in. */
  certain: boolean;
}

/** A listener of which nothing is known but its port. */
export function unseen(protocol: Protocol, port: number): Listener {
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
