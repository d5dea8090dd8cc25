import type { PortRef } from '../../events/port.js';

/** Something on this machine that is bound to a port. What cannot be seen is null. */
export interface Listener extends PortRef {
  /** The local address as the system writes it: `0.0.0.0`, `127.0.0.1`, `::`. Null where only a bind probe knows. */
  address: string | null;
  pid: number | null;
  process: string | null;
  user: string | null;
  /** ISO time of the process's start. */
  started: string | null;
  container: string | null;
}
