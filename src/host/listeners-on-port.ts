import type { PortRef } from '../../events/port.js';
import { isBound } from './bind-probe.js';
import { atContainers, publishedPorts } from './docker.js';
import { type Listener, unseen } from './listener.js';
import { sameAs, socketTable } from './sockets.js';

/**
 * Who is bound to a port here, and which process or container that is. The system's tables are only read for a port that
 * cannot be bound: they cost 8 ms. A port that is bound without listening is in no table, and only known to be in use.
 */
export async function listenersOn(ref: PortRef): Promise<Listener[]> {
  const [bound, published] = await Promise.all([isBound(ref), publishedPorts()]);
  const containers = published.filter(sameAs(ref));
  if (bound === false) return atContainers([], containers);
  const found = await (await socketTable()).listeners(sameAs(ref));
  const told = found.length > 0 || bound === undefined ? found : [unseen(ref.protocol, ref.port)];
  return atContainers(told, containers);
}
