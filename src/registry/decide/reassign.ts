import { labelOf } from '../../../events/names.js';
import { comparePorts, formatPort, type PortRef, type Protocol } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { badUsage, VportsError } from '../../errors.js';
import { rangeById, rangeOf, within } from '../../policy/policy.js';
import {
  byReassign,
  type Decision,
  defined,
  logOf,
  type Placed,
  release,
  releaseLapsed,
  requireHolding,
  unknownResource,
  wayTo,
} from './decision.js';
import { firstFreeRun } from './free-ports.js';
import { parsePortChoice } from './port-choice.js';
import { labelled, leaseRange, namedRange, type RangeChoice, usualRange } from './range-choice.js';
import { exceptionFor } from './register.js';
import { holdingsOf, obstacleTo, refuse, refuseDamaged, type View } from './view.js';

export interface Reassign {
  resource: string;
  port?: string | undefined;
  to?: number | undefined;
  /** Set if `to` was written with a protocol; a move cannot change it. */
  protocol?: Protocol | undefined;
  range?: string | undefined;
  /** Accept a `to` that is reserved or outside every range. */
  allowOutsidePolicy?: boolean | undefined;
  reason?: string | undefined;
}

export interface Moved {
  resource: string;
  name: string;
  protocol: Protocol;
  from: number;
  to: number;
}

/**
 * Moves ports: to a number, or to the next free one of a range (default: the one it is in).
 * With `range` and no name all ports outside that range move.
 * Throws UNKNOWN_RESOURCE, NOT_HELD, BAD_USAGE (which of several?), RANGE_FULL and the errors of `to`.
 */
export function reassign(view: View, command: Reassign): Decision<Moved[]> {
  const events: Placed[] = [];
  const promised: PortRef[] = [];
  const answer: Moved[] = [];
  for (const holding of toMove(view, command)) {
    const target = targetFor(view, command, holding, promised);
    if (!target) continue;
    promised.push(target);
    events.push(...move(view, holding, target, command.reason));
    const { resource, name, protocol, port } = holding;
    answer.push({ resource, name, protocol, from: port, to: target.port });
  }
  return { events, warnings: [], answer };
}

function toMove(view: View, command: Reassign): Holding[] {
  refuseDamaged(view, command.resource);
  const held = holdingsOf(view, command.resource);
  if (held.length === 0) throw unknownResource(view, command.resource);
  if (command.port !== undefined) return [chosenToMove(view, command, command.port)];
  if (held.length === 1 || (command.range !== undefined && command.to === undefined))
    return held.sort(comparePorts);
  throw badUsage(
    `${command.resource} holds ${held.length} ports; choose one`,
    `pass --port ${held.map((it) => it.name).join(' or --port ')}`,
    { details: { names: held.map((it) => it.name) } },
  );
}

/** In other commands `api=30010` is a port's new number; here it chooses a port. */
function chosenToMove(view: View, { resource, to }: Reassign, chosen: string): Holding {
  const { name, port } = parsePortChoice(chosen);
  const other = holdingsOf(view, resource).find((it) => it.name === name && it.port !== port);
  if (to !== undefined || port === undefined || !other) return requireHolding(view, resource, chosen);
  throw new VportsError('NOT_HELD', `${name} of ${resource} is ${formatPort(other)}, and not ${port}`, {
    hint: `to move it there: \`vports reassign ${resource} --port ${name} --to ${port}\``,
    details: { resource, name: chosen, names: [other.name] },
  });
}

function targetFor(
  view: View,
  command: Reassign,
  holding: Holding,
  promised: PortRef[],
): PortRef | undefined {
  if (command.to !== undefined) {
    if (command.protocol !== undefined && command.protocol !== holding.protocol)
      throw otherProtocol(view, command, holding);
    const target = { port: command.to, protocol: holding.protocol };
    if (target.port === holding.port) return undefined;
    const obstacle = obstacleTo(view, target, undefined, command.allowOutsidePolicy && !holding.lease);
    if (obstacle) throw refuse(byReassign(obstacle, holding, target));
    if (holding.lease) leaseRange(view.policy, `${target.port}-${target.port}`);
    return target;
  }
  const range = rangeOfMove(view, command, holding);
  if (command.range !== undefined && command.port === undefined && within(range, holding.port))
    return undefined;
  const run = firstFreeRun(view, [holding.protocol], range, { kind: 'lowest' }, promised);
  if (run) return run[0]!;
  throw rangeFull(range, holding);
}

export function rangeFull(range: RangeChoice, holding: Holding): VportsError {
  return new VportsError('RANGE_FULL', `${range.label} has no free port for ${labelOf(holding)}`, {
    hint: 'see `vports ranges` for free ports, and choose a range with --range',
    details: { range: range.label, from: range.from, to: range.to },
  });
}

function otherProtocol(
  view: View,
  { to, protocol }: Reassign,
  { resource, name, ...held }: Holding,
): VportsError {
  return badUsage(
    `${labelOf({ resource, name })} is on ${formatPort(held)}; a move cannot change the protocol`,
    wayTo(view, { resource, name }, held, { port: to!, protocol: protocol! }),
    { details: { protocol: held.protocol } },
  );
}

function rangeOfMove(view: View, command: Reassign, holding: Holding): RangeChoice {
  if (holding.lease) return leaseRange(view.policy, command.range);
  if (command.range !== undefined) return namedRange(view.policy, command.range);
  const own = (holding.range && rangeById(view.policy, holding.range)) || rangeOf(view.policy, holding.port);
  return own ? labelled(own) : usualRange(view.policy, holding.resource);
}

function move(view: View, holding: Holding, target: PortRef, reason: string | undefined): Placed[] {
  const { resource, project, local, name, owner, lease } = holding;
  const exception = holding.lease ? undefined : exceptionFor(view, target.port);
  const range = rangeOf(view.policy, target.port)?.id;
  const why = reason ?? holding.reason;
  return [
    ...releaseLapsed(view, target),
    release(holding, { reason, to: target.port }),
    {
      log: logOf(holding),
      event: {
        type: 'port.allocated',
        ...target,
        resource,
        name,
        ...defined({ project, local, range, owner, reason: why, lease, exception, from: holding.port }),
      },
    },
  ];
}
