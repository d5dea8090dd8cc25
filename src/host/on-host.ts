import { type PortRef, portKey } from '../../events/port.js';
import { isBound } from './bind-probe.js';
import type { Listener } from './listener.js';
import { listener, listeners } from './proc-net.js';

/** Who is bound to a port here. The system's tables are only read for a port that cannot be bound: they cost 8 ms. */
export async function onHost(ref: PortRef): Promise<Listener[]> {
  if (!(await isBound(ref))) return [];
  const found = listeners().filter((it) => portKey(it) === portKey(ref));
  return found.length > 0 ? found : [listener(ref.protocol, ref.port, null)];
}
