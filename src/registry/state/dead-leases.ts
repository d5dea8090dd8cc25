import { ownerOf } from '../../../events/lease.js';
import type { Holding } from '../../../events/stream.js';
import { livenessOf } from '../../process/identity.js';

/** Ids of the granting events of those leases whose owner is provably gone. */
export function deadLeases(leases: Iterable<Holding>): ReadonlySet<string> {
  const dead = [...leases].filter(({ lease }) => {
    const owner = ownerOf(lease);
    return owner !== undefined && livenessOf(owner) === 'dead';
  });
  return new Set(dead.map(({ event }) => event));
}
