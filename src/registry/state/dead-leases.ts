import { type LeaseOwner, ownerOf } from '../../../events/lease.js';
import type { Holding } from '../../../events/stream.js';
import { type Liveness, livenessOf } from '../../process/identity.js';

/** Processes of another host that shares the data folder are unknown. */
export function livenessOfOwner(holding: Holding, owner: LeaseOwner): Liveness {
  return livenessOf(owner, { host: holding.renewedOn ?? holding.by.host });
}

export function deadLeases(leases: Iterable<Holding>): ReadonlySet<string> {
  const dead = [...leases].filter((holding) => {
    const owner = ownerOf(holding.lease);
    return owner !== undefined && livenessOfOwner(holding, owner) === 'dead';
  });
  return new Set(dead.map(({ event }) => event));
}
