import type { Person } from '../../../events/envelope.js';
import type { PortEvent } from '../../../events/event.js';
import { endOf, type LeaseFacts, leaseFacts } from '../../../events/lease.js';
import { namesAmong } from '../../../events/people.js';
import {
  comparePorts,
  formatPort,
  type PortKey,
  type PortRef,
  portKey,
  refOf,
} from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { badUsage, type Warning } from '../../errors.js';
import type { FollowedRequest } from '../../forge/index.js';
import type { OpenClaim } from '../../log/event-log.js';
import { globMatches, isReserved, type Policy, rangeOf, within } from '../../policy/policy.js';
import { type LogName, logOf, unknownResource } from '../decide/decision.js';
import { boundsMeant } from '../decide/range-choice.js';
import { allHeld, damageOf, holdingNamed, holdingsOf, refuseDamaged, type View } from '../decide/view.js';

/** A held port in `list` and `show`. Unset facts are null. */
export interface ListedPort extends PortRef, LeaseFacts {
  resource: string;
  /** The owning project, and its own name for the resource if different. */
  project: string | null;
  local: string | null;
  name: string;
  range: string | null;
  owner: string | null;
  since: string;
  by: string;
  reason: string | null;
  /** `machine`: the embedded registry, when another one is in use. */
  log: LogName | 'machine';
}

/** A port that a branch wants which is not merged yet, and the pull request of the branch as `sync` last saw it. */
export type ClaimedPort = PortRef & OpenClaim & { request?: FollowedRequest };

export interface ListFilter {
  range?: string | undefined;
  resource?: string | undefined;
  owner?: string | undefined;
  leases?: boolean | undefined;
  expired?: boolean | undefined;
}

export interface RangeUse {
  id: string;
  title: string;
  group: string;
  from: number;
  to: number;
  size: number;
  allocated: number;
  free: number;
  dynamic: boolean;
  reserved: boolean;
  owner?: string | undefined;
}

export interface HistoryFilter {
  /** Milliseconds since 1970, both inclusive. */
  since?: number | undefined;
  until?: number | undefined;
  /** Part of the author's name or e-mail, case-insensitive. */
  by?: string | undefined;
  owner?: string | undefined;
  resource?: string | undefined;
  range?: string | undefined;
  type?: string | undefined;
}

export function listed(
  view: View,
  holding: Holding,
  nameOf: (person: Person) => string = ({ name }) => name,
): ListedPort {
  return {
    port: holding.port,
    protocol: holding.protocol,
    resource: holding.resource,
    project: holding.project ?? null,
    local: holding.local ?? null,
    name: holding.name,
    range: holding.range ?? null,
    owner: holding.owner ?? null,
    since: holding.since,
    by: nameOf(holding.by),
    reason: holding.reason ?? null,
    ...leaseFacts(holding.lease),
    log: view.machine?.includes(holding)
      ? 'machine'
      : view.registry === view.host
        ? 'registry'
        : logOf(holding),
  };
}

export function claimedPorts(claims: Iterable<readonly [PortKey, OpenClaim]>): ClaimedPort[] {
  return [...claims].map(([key, claim]) => ({ ...refOf(key), ...claim })).sort(comparePorts);
}

/** What is held in both logs, by port. Throws what boundsMeant throws for an unknown range. */
export function list(view: View, filter: ListFilter = {}): ListedPort[] {
  const bounds = filter.range === undefined ? undefined : boundsMeant(view.policy, filter.range);
  const all = [...allHeld(view), ...(view.machine ?? [])];
  const nameOf = namesAmong(all.map(({ by }) => by));
  return all
    .filter((it) => !bounds || within(bounds, it.port))
    .filter((it) => !filter.resource || globMatches(filter.resource, it.resource))
    .filter((it) => filter.owner === undefined || it.owner === filter.owner)
    .filter((it) => !(filter.leases || filter.expired) || it.lease)
    .filter((it) => !filter.expired || endOf(it.lease!) < view.now)
    .sort(comparePorts)
    .map((holding) => listed(view, holding, nameOf));
}

/** Warnings about damaged streams, of one port or all. */
export function damages(view: Pick<View, 'damaged'>, ref?: PortRef): Warning[] {
  const wanted = [...view.damaged].filter(([key]) => !ref || key === portKey(ref));
  return wanted.map(([key, damage]) => {
    const { code, message, hint } = damageOf(key, damage);
    return { code, message, hint };
  });
}

export function show(view: View, resource: string): Map<string, Holding> {
  refuseDamaged(view, resource, { mends: [] });
  const names = new Map<string, Holding>();
  for (const { name } of holdingsOf(view, resource)) names.set(name, holdingNamed(view, resource, name)!);
  if (names.size === 0) throw unknownResource(view, resource);
  return names;
}

export function ranges(view: View): RangeUse[] {
  const held = new Set(allHeld(view).map(({ port }) => port));
  return view.policy.ranges.map(({ id, title, group, from, to, dynamic, reserved, owner }) => {
    const size = to - from + 1;
    const allocated = [...held].filter((port) => within({ from, to }, port)).length;
    let free = 0;
    for (let port = from; port <= to; port++) if (!held.has(port) && !isReserved(view.policy, port)) free++;
    const use = { id, title, group, from, to, size, allocated, free, dynamic, reserved };
    return owner === undefined ? use : { ...use, owner };
  });
}

/** `policy` resolves range ids. Throws like boundsMeant for an unknown range. */
export function matcherOf(policy: Policy | undefined, filter: HistoryFilter): (event: PortEvent) => boolean {
  const bounds = policy && filter.range !== undefined ? boundsMeant(policy, filter.range) : undefined;
  const by = filter.by?.toLowerCase();
  const type = filter.type && (filter.type.startsWith('port.') ? filter.type : `port.${filter.type}`);
  return (event) =>
    (filter.since === undefined || Date.parse(event.at) >= filter.since) &&
    (filter.until === undefined || Date.parse(event.at) <= filter.until) &&
    (!by || `${event.by.name} <${event.by.email}>`.toLowerCase().includes(by)) &&
    (filter.owner === undefined || ('owner' in event && event.owner === filter.owner)) &&
    (filter.resource === undefined || event.resource === filter.resource) &&
    (!bounds || within(bounds, event.port)) &&
    (!type || event.type === type);
}

export type Verdict = 'allocated' | 'claimed' | 'in-use' | 'reserved' | 'outside-ranges' | 'available';

/** The first verdict that fits, from logs, host and policy. */
export function verdictOn(view: View, ref: PortRef, holder: Holding | undefined, inUse: boolean): Verdict {
  if (holder) return 'allocated';
  if (view.claimed?.has(portKey(ref))) return 'claimed';
  if (inUse) return 'in-use';
  if (isReserved(view.policy, ref.port)) return 'reserved';
  return rangeOf(view.policy, ref.port) ? 'available' : 'outside-ranges';
}

export function singlePort(resource: string, ports: Map<string, Holding>): Holding {
  const [first, ...others] = ports.values();
  if (first && others.length === 0) return first;
  throw badUsage(
    `${resource} holds ${ports.size} ports and none is named main`,
    `choose one: ${[...ports].map(([name, it]) => `\`vports get ${resource} ${name}\` (${formatPort(it)})`).join(', ')}`,
    { details: { resource, names: [...ports.keys()] } },
  );
}
