import { endOf, type LeaseOwner, ownerOf } from '../../../events/lease.js';
import { labelOf } from '../../../events/names.js';
import { formatPort, type PortRef, portKey } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import type { Listener } from '../../host/listener.js';
import type { Liveness } from '../../process/identity.js';
import { runsForAnother } from '../query/check.js';
import { damageOf, holderAt, type View } from './view.js';

/**
 * Why a listener is no orphan, and what to do instead; undefined for an orphan: nothing live gives it the port. `owner` is
 * what is known of the process that a lease belongs to.
 */
export function protectedClaim(
  view: View,
  ref: PortRef,
  listener: Listener,
  owner: (process: LeaseOwner, holding: Holding) => Liveness,
): { why: string; hint: string } | undefined {
  const damage = view.damaged.get(portKey(ref));
  if (damage) return { why: damageOf(portKey(ref), damage).message, hint: 'run `vports doctor --fix` first' };
  const other = view.elsewhere?.get(portKey(ref));
  if (other) {
    return {
      why: `${formatPort(ref)} is held by ${labelOf(other)} in another registry, ${other.registry}`,
      hint: `stop ${other.resource}, or release the port there`,
    };
  }
  const holder = holderAt(view, ref);
  if (!holder || isOver(view, holder, owner)) return undefined;
  if (listener.certain && runsForAnother(holder, listener)) return undefined;
  const { resource, name, lease } = holder;
  const how = lease ? 'leased' : 'held';
  return {
    why: `${formatPort(ref)} is ${how} by ${labelOf({ resource, name })}, and this process may be ${resource}`,
    hint: `stop ${resource}, or release the port first: \`vports release ${resource} --port ${formatPort(ref)}\``,
  };
}

function isOver({ gone, now }: View, holding: Holding, owner: Parameters<typeof protectedClaim>[3]): boolean {
  const { lease, event } = holding;
  if (!lease) return false;
  const process = ownerOf(lease);
  const isDead = process !== undefined && owner(process, holding) === 'dead';
  return gone?.has(event) || endOf(lease) < now || isDead;
}
