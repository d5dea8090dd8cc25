import { type PortRef, portKey } from '../../events/port.js';
import { isBound } from './bind-probe.js';
import type { Listener } from './listener.js';
import { boundSockets, unseen } from './proc-net.js';
import { withOwners } from './socket-owner.js';

/**
 * Who is bound to a port here, and which process that is. The system's tables are only read for a port that cannot be
 * bound: they cost 8 ms. A port that is bound without listening is in no table, and only known to be in use.
 */
export async function onHost(ref: PortRef): Promise<Listener[]> {
  if (!(await isBound(ref))) return [];
  const found = withOwners(boundSockets().filter((it) => portKey(it) === portKey(ref)));
  return found.length > 0 ? found : [unseen(ref.protocol, ref.port)];
}
