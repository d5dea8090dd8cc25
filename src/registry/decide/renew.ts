import { type LeaseFacts, leaseFacts, ownerOf } from '../../../events/lease.js';
import type { Held } from '../../../events/stream.js';
import { VportsError } from '../../errors.js';
import { type Decision, type Placed, unknownResource } from './decision.js';
import { grantedLease, renewal } from './lease.js';
import { holdingsOf, refuseDamaged, type View } from './view.js';

export interface Renew {
  resource: string;
  ttl?: number | undefined;
  reason?: string | undefined;
}

export interface Renewed extends Held, LeaseFacts {
  expires: string;
}

/** Throws UNKNOWN_RESOURCE, NOT_HELD (no lease with an end), BAD_TIME. */
export function renew(view: View, { resource, ttl, reason }: Renew): Decision<Renewed[]> {
  refuseDamaged(view, resource);
  const held = holdingsOf(view, resource);
  if (held.length === 0) throw unknownResource(view, resource);
  const leases = held.filter(({ lease }) => lease && lease.expires !== null);
  if (leases.length === 0) {
    const kept = held.some(({ lease }) => lease) ? 'only leases without an end' : 'no lease';
    throw new VportsError('NOT_HELD', `${resource} has ${kept}; only leases with an end can be renewed`, {
      hint: `see \`vports show ${resource}\``,
      details: { resource },
    });
  }
  const events: Placed[] = [];
  const answer = leases.map((holding): Renewed => {
    const lease = grantedLease(view.policy, view.now, { ttl, owner: ownerOf(holding.lease) });
    events.push(renewal(holding, lease, reason));
    const { name, port, protocol } = holding;
    return { resource, name, port, protocol, expires: lease.expires!, ...leaseFacts(lease) };
  });
  return { events, warnings: [], answer };
}
