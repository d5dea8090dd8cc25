import type { PortRef } from '../../events/port.js';
import { isBound } from './bind-probe.js';
import { atContainers, publishedPorts } from './docker.js';
import { type Listener, unknownListener } from './listener.js';
import { sameAs, socketTable } from './sockets.js';

/**
 * Who is bound to a port here. Reads the system's tables, which takes 8 ms, only if the port cannot be bound. A socket that is bound but
 * not listening is in no table: then the port is only known to be in use.
 */
export async function listenersOn(ref: PortRef): Promise<Listener[]> {
  const [bound, published] = await Promise.all([isBound(ref), publishedPorts()]);
  const containers = published.filter(sameAs(ref));
  if (bound === false) return atContainers([], containers);
  const found = await (await socketTable()).listeners(sameAs(ref));
  const visible = found.length > 0 || bound === undefined ? found : [unknownListener(ref.protocol, ref.port)];
  return atContainers(visible, containers);
}
