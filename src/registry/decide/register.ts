import type { NewEvent } from '../../../events/event.js';
import { leaseFacts } from '../../../events/lease.js';
import { labelOf } from '../../../events/names.js';
import { formatPort, type PortRef } from '../../../events/port.js';
import { VportsError, type Warning } from '../../errors.js';
import { isReserved, rangeOf } from '../../policy/policy.js';
import type { Granted } from './allocate.js';
import {
  type Decision,
  defined,
  type Placed,
  refuseSameNames,
  refuseSameVariable,
  release,
  releaseLapsed,
  wayTo,
} from './decision.js';
import {
  claimedOn,
  heldBy,
  heldElsewhere,
  holdingNamed,
  policyViolation,
  refuse,
  type View,
} from './view.js';

export interface Register {
  resource: string;
  ports: (PortRef & { name: string })[];
  allowOutsidePolicy?: boolean | undefined;
  owner?: string | undefined;
  reason?: string | undefined;
}

/**
 * Puts ports on record that are already in use somewhere; the host is therefore not asked.
 * Throws PORT_TAKEN, ALREADY_HELD, PORT_RESERVED, OUT_OF_RANGE, STREAM_DAMAGED, CONFLICT. All or none.
 */
export function register(view: View, command: Register): Decision<Granted[]> {
  refuseSameNames(command.resource, command.ports);
  const events: Placed[] = [];
  const warnings: Warning[] = [];
  const answer = command.ports.map((wanted): Granted => {
    const held = holdingNamed(view, command.resource, wanted.name);
    const claimed = held && !held.lease ? held : undefined;
    const range = rangeOf(view.policy, wanted.port)?.id;
    const { name, port, protocol } = wanted;
    const granted = { name, port, protocol, range: range ?? null, ...leaseFacts(undefined) };
    if (claimed?.port === port && claimed.protocol === protocol) return { ...granted, created: false };
    if (claimed) throw alreadyHeld(view, command.resource, wanted, claimed);

    // The resource's own lease of this port becomes its claim.
    const ownLease = held?.port === port && held.protocol === protocol;
    const obstacle = ownLease ? undefined : heldBy(view, wanted);
    if (obstacle) throw refuse(obstacle);
    const violation = policyViolation(view.policy, wanted, { resource: command.resource, name });
    if (violation && !command.allowOutsidePolicy) throw refuse(violation);
    refuseSameVariable(view, command.resource, name);
    const claim = claimedOn(view, wanted, { resource: command.resource, name });
    if (claim) {
      const hint = 'git will refuse to merge that branch; `vports resolve` then moves its claim';
      warnings.push({ code: 'CLAIMED_ON_BRANCH', message: claim.message, hint });
    }

    warnings.push(...heldElsewhere(view, wanted));
    const event: NewEvent = {
      type: 'port.registered',
      protocol,
      port,
      resource: command.resource,
      name,
      ...defined({
        range,
        owner: command.owner,
        reason: command.reason,
        exception: exceptionFor(view, port),
      }),
    };
    const before = ownLease ? [release(held)] : releaseLapsed(view, wanted);
    const after = held && !ownLease ? [release(held)] : [];
    events.push(...before, { log: 'registry', event }, ...after);
    return { ...granted, created: true };
  });
  return { events, warnings, answer };
}

export function exceptionFor(view: View, port: number) {
  if (isReserved(view.policy, port)) return 'reserved' as const;
  return rangeOf(view.policy, port) ? undefined : ('outside-range' as const);
}

function alreadyHeld(
  view: View,
  resource: string,
  wanted: PortRef & { name: string },
  held: PortRef,
): VportsError {
  const message = `${labelOf({ resource, name: wanted.name })} already holds ${formatPort(held)}, not ${formatPort(wanted)}`;
  return new VportsError('ALREADY_HELD', message, {
    hint: wayTo(view, { resource, name: wanted.name }, held, wanted),
    details: { held: held.port, asked: wanted.port },
  });
}
