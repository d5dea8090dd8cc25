import { endOf, type FolderLease, type Lease, type LeaseOwner, ownerOf } from '../../../events/lease.js';
import { type Holding, heldOf } from '../../../events/stream.js';
import { VportsError } from '../../errors.js';
import { formatDuration } from '../../policy/duration.js';
import { LEASE_GRACE, type Policy } from '../../policy/policy.js';
import type { Placed } from './decision.js';
import type { View } from './view.js';

/** `ttl` in milliseconds; `owner` a process; `folder`: for as long as it exists. */
export interface LeaseTerms {
  ttl?: number | undefined;
  owner?: LeaseOwner | undefined;
  folder?: FolderLease | undefined;
  /** Only called for leases to a folder. */
  whose?: ((lease: FolderLease) => Whose) | undefined;
}

/** `moved`: the same folder under a new path. */
export type Whose = 'own' | 'moved' | 'another';

/** Throws BAD_TIME if `ttl` is under ten minutes or over the policy's maximum. */
export function grantedLease(
  policy: Policy,
  now: number,
  { ttl = policy.lease.default, owner, folder }: LeaseTerms,
): Lease {
  if (folder) return folder;
  if (ttl < LEASE_GRACE || ttl > policy.lease.max) {
    const [least, most] = [LEASE_GRACE, policy.lease.max].map(formatDuration);
    throw new VportsError(
      'BAD_TIME',
      `a lease must last between ${least} and ${most}, not ${formatDuration(ttl)}`,
      {
        hint: `choose another --ttl; the policy's lease.max is ${most}`,
        details: { ttl, min: LEASE_GRACE, max: policy.lease.max },
      },
    );
  }
  const expires = new Date(now + ttl).toISOString();
  return owner ? { expires, owner } : { expires };
}

/**
 * One's own lease is renewed when it is asked for with less than half its time to go, for another process, for a time that does not end with
 * a process, or for a folder: one that has none yet, or that has moved.
 */
export function needsRenewal(
  view: View,
  holding: Holding,
  { ttl: asked, owner, folder, whose }: LeaseTerms,
): boolean {
  const ttl = asked ?? view.policy.lease.default;
  const { lease } = holding;
  if (!lease) return false;
  if (folder) return lease.expires !== null || whose?.(lease) === 'moved';
  const current = ownerOf(lease);
  const another =
    owner !== undefined &&
    current !== undefined &&
    (current.pid !== owner.pid || current.started !== owner.started || current.pidns !== owner.pidns);
  const outlives = asked !== undefined && owner === undefined && current !== undefined;
  return another || outlives || endOf(lease) - view.now < ttl / 2;
}

export function renewal(holding: Holding, lease: Lease, reason?: string): Placed {
  return {
    log: 'host',
    event: { type: 'port.renewed', ...heldOf(holding), ...(reason && { reason }), lease },
  };
}
