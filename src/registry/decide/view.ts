import type { Holdings } from '../../../events/holdings.js';
import { endOf } from '../../../events/lease.js';
import { labelOf } from '../../../events/names.js';
import {
  formatPort,
  type PortKey,
  type PortRef,
  portArgument,
  portKey,
  refOf,
} from '../../../events/port.js';
import type { Damage, Holding } from '../../../events/stream.js';
import { type ErrorCode, VportsError, type Warning } from '../../errors.js';
import { isReserved, LEASE_GRACE, type Policy, rangeOf } from '../../policy/policy.js';

/** The input of deciders. With the embedded registry, `registry` and `host` are the same. */
export interface View {
  policy: Policy;
  /** Set if policy.json is unreadable; `policy` is then an older one, and nothing may be allocated. */
  policyFault?: string | undefined;
  /** Set if the host log is unreadable; leases are then unknown. */
  hostFault?: string | undefined;
  registry: Holdings;
  host: Holdings;
  /** Damaged streams of both logs. */
  damaged: ReadonlyMap<PortKey, Damage>;
  /** Ports in use on this machine. */
  busy: ReadonlySet<PortKey>;
  /** Claims on unmerged branches; only loaded when ports are chosen. */
  claimed?: ReadonlyMap<PortKey, Claimed>;
  /** The ones made on this machine, which it honours until the merge. */
  waiting?: ReadonlyMap<PortKey, Claimed>;
  /** Ports held in other registries of this machine; chosen last. */
  elsewhere?: ReadonlyMap<PortKey, Elsewhere>;
  /** Claims of the embedded registry, when another registry is in use; they do not count there. */
  machine?: readonly Holding[];
  gone?: ReadonlySet<string>;
  now: number;
}

/** A claim on an unmerged branch; `own`: made on this machine. */
interface Claimed {
  branch: string;
  own: boolean;
  resource: string;
  name: string;
}

export interface Elsewhere {
  registry: string;
  resource: string;
  name: string;
}

/** Why a port cannot be granted: error code, message, and the holder in the way. */
export interface Obstacle {
  code: ErrorCode;
  message: string;
  hint: string;
  holder?: Holding | undefined;
}

export function holderAt(view: View, ref: PortRef): Holding | undefined {
  return view.registry.at(ref) ?? view.host.at(ref);
}

/** Holdings in both logs: claims before leases, then by event id. */
export function holdingsOf(view: View, resource: string): Holding[] {
  const logs = view.registry === view.host ? [view.host] : [view.registry, view.host];
  const all = logs.flatMap((log) => log.of(resource));
  return [...all.filter((holding) => !holding.lease), ...all.filter((holding) => holding.lease)];
}

/** Of two claims with one name, the one with the lower event id. */
export function firstClaims(view: View, resource: string): Holding[] {
  return claimsOf(view, resource).filter((it) => holdingNamed(view, resource, it.name) === it);
}

export function claimsOf(view: View, resource: string): Holding[] {
  return holdingsOf(view, resource).filter(({ lease }) => !lease);
}

/** The claim of a name, else its lease; of two claims, the lowest event id. */
export function holdingNamed(view: View, resource: string, name: string): Holding | undefined {
  return holdingsOf(view, resource).find((holding) => holding.name === name);
}

/** Expired for so long that others may take the port. */
export function isLapsed(view: Pick<View, 'gone' | 'now'>, { lease, event }: Holding): boolean {
  if (!lease) return false;
  return view.gone?.has(event) || view.now > endOf(lease) + LEASE_GRACE;
}

/** Obstacles in the logs; policy and host are checked elsewhere. */
export function heldBy(view: View, ref: PortRef): Obstacle | undefined {
  const damage = view.damaged.get(portKey(ref));
  if (damage) return damageOf(portKey(ref), damage);
  const holder = holderAt(view, ref);
  if (!holder || isLapsed(view, holder)) return undefined;
  return {
    code: 'PORT_TAKEN',
    message: `${formatPort(ref)} is held by ${labelOf(holder)} ${heldSince(holder)}`,
    hint: `see \`vports who ${formatPort(ref)}\`, or ask ${holder.owner ?? holder.by.name}`,
    holder,
  };
}

/** A warning only, because the two registries may be used on different machines. */
export function heldElsewhere(view: View, ref: PortRef): Warning[] {
  const other = view.elsewhere?.get(portKey(ref));
  if (!other) return [];
  return [
    {
      code: 'HELD_ELSEWHERE',
      message: `${formatPort(ref)} is held by ${labelOf(other)} in another registry, ${other.registry}`,
      hint: 'only one of the two can listen on it on this machine',
    },
  ];
}

export function damageOf(key: PortKey, { message, holders, mendable }: Damage): Obstacle {
  const last = holders.map((it) => labelOf(it)).join(' or ');
  const whose = last ? ` (last held by ${last})` : '';
  const port = formatPort(refOf(key));
  return {
    code: 'STREAM_DAMAGED',
    message: `the history of ${port}${whose} is damaged: ${message}`,
    hint:
      mendable === 'restored'
        ? 'restore it with `vports doctor --fix`; until then this port cannot be allocated'
        : mendable === 'ended' && holders[0]
          ? `\`vports release ${holders[0].resource} --port ${port}\` repairs it`
          : 'see `git log -- events` for who changed it; other ports still work',
  };
}

/**
 * An unreadable history must not look like "holds nothing". `mends` says what the
 * command itself would mend. Throws STREAM_DAMAGED.
 */
export function refuseDamaged(
  view: View,
  resource: string,
  { name, mends = ['restored'] }: { name?: string | undefined; mends?: Damage['mendable'][] } = {},
): void {
  for (const [key, damage] of view.damaged) {
    if (damage.mendable && mends.includes(damage.mendable)) continue;
    const isMeant = damage.holders.some(
      (it) => it.resource === resource && (name === undefined || it.name === name),
    );
    if (isMeant) throw refuse(damageOf(key, damage));
  }
}

/** Undefined if policy, logs and host agree that the port is free. */
export function obstacleTo(
  view: View,
  ref: PortRef,
  asker?: { resource: string; name: string },
  allowOutsidePolicy = false,
): Obstacle | undefined {
  return (
    heldBy(view, ref) ??
    unknownPolicy(view) ??
    leasedPerhaps(view, ref) ??
    (allowOutsidePolicy ? undefined : policyViolation(view.policy, ref, asker)) ??
    claimedOn(view, ref, asker) ??
    busyOn(view, ref)
  );
}

/** A claim of the same name is no obstacle: git refuses the second merge, and nobody gets two ports. */
export function claimedOn(
  view: View,
  ref: PortRef,
  asker?: { resource: string; name: string },
): Obstacle | undefined {
  const claim = view.claimed?.get(portKey(ref));
  if (!claim || (claim.resource === asker?.resource && claim.name === asker.name)) return undefined;
  return {
    code: 'PORT_TAKEN',
    message: `branch ${claim.branch} (unmerged) also claims ${formatPort(ref)} for ${labelOf(claim)}`,
    hint: 'take another port, or agree on who gets it before merging either branch',
  };
}

export function unknownPolicy({ policyFault }: View): Obstacle | undefined {
  if (policyFault === undefined) return undefined;
  return {
    code: 'BAD_POLICY',
    message: `cannot allocate without a readable policy: ${policyFault}`,
    hint: 'restore the last readable policy with `vports doctor --fix`',
  };
}

/** With unknown leases, dynamic ranges are off limits. */
function leasedPerhaps({ policy, hostFault }: View, ref: PortRef): Obstacle | undefined {
  const isDynamic = rangeOf(policy, ref.port)?.dynamic === true;
  return hostFault !== undefined && isDynamic ? unknownLeases(hostFault) : undefined;
}

export function unknownLeases(hostFault: string): Obstacle {
  return {
    code: 'LOG_DAMAGED',
    message: `cannot read the leases of this machine: ${hostFault}`,
    hint: 'repair its log with `vports doctor --fix`',
  };
}

/** `asker` could still take the port with `register`. */
export function policyViolation(
  policy: Policy,
  ref: PortRef,
  asker?: { resource: string; name: string },
): Obstacle | undefined {
  const hint = asker
    ? `to use it anyway: \`vports register ${asker.resource} ${asker.name}=${portArgument(ref)} --allow-outside-policy\``
    : 'see `vports ranges`';
  if (isReserved(policy, ref.port)) {
    const range = rangeOf(policy, ref.port);
    return {
      code: 'PORT_RESERVED',
      message: `${formatPort(ref)} is reserved ${range ? `(range ${range.id})` : 'by the policy'}`,
      hint,
    };
  }
  if (rangeOf(policy, ref.port)) return undefined;
  return {
    code: 'OUT_OF_RANGE',
    message: `${formatPort(ref)} is outside the policy's ranges`,
    hint,
  };
}

function busyOn(view: View, ref: PortRef): Obstacle | undefined {
  if (!view.busy.has(portKey(ref))) return undefined;
  return {
    code: 'PORT_IN_USE',
    message: `${formatPort(ref)} is free in the registry, but a process on this machine uses it`,
    hint: `see \`vports who ${formatPort(ref)}\``,
  };
}

function heldSince(holding: Holding): string {
  const since = `since ${holding.since.slice(0, 10)}, by ${holding.by.name}`;
  return holding.reason ? `${since}: ${holding.reason}` : since;
}

export function refuse({ code, message, hint, holder }: Obstacle): VportsError {
  const details = holder
    ? {
        port: holder.port,
        protocol: holder.protocol,
        holder: { resource: holder.resource, name: holder.name },
      }
    : {};
  return new VportsError(code, message, { hint, details });
}

export function allHeld({ registry, host }: Pick<View, 'registry' | 'host'>): Holding[] {
  return [...new Set([...registry, ...host])];
}
