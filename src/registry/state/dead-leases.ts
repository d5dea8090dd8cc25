import type { Holding } from '../../../events/stream.js';
import { livenessOf } from '../../process/identity.js';

/** Ids of the granting events of those leases whose owner is provably gone. */
export function deadLeases(leases: Iterable<Holding>): ReadonlySet<string> {
  const dead = [...leases].filter(({ lease }) => lease?.owner && livenessOf(lease.owner) === 'dead');
  return new Set(dead.map(({ event }) => event));
}
