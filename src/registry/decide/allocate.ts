import type { NewEvent } from '../../../events/event.js';
import { type Lease, type LeaseFacts, type LeaseOwner, leaseFacts, ownerOf } from '../../../events/lease.js';
import { labelOf, MAIN } from '../../../events/names.js';
import { formatPort, type PortRef, type Protocol, portKey, refOf } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { VportsError, type Warning } from '../../errors.js';
import { grouped } from '../../grouped.js';
import { type Bounds, isReserved, rangeById, rangeOf } from '../../policy/policy.js';
import {
  byReassign,
  type Decision,
  defined,
  logOf,
  type Placed,
  refuseSameNames,
  refuseSameVariable,
  release,
  releaseLapsed,
  wayTo,
} from './decision.js';
import { firstFreeRun, type Order } from './free-ports.js';
import { grantedLease, type LeaseTerms, needsRenewal, renewal } from './lease.js';
import { leaseRange, namedRange, type RangeChoice, usualRange, wishedRange } from './range-choice.js';
import {
  heldElsewhere,
  holdingNamed,
  holdingsOf,
  isLapsed,
  obstacleTo,
  refuse,
  refuseDamaged,
  unknownLeases,
  type View,
} from './view.js';

export interface PortRequest {
  name: string;
  protocol: Protocol;
  /** `source`: the command line or service.json, in words. */
  preferred?: { port: number; source: string };
  /** The range that service.json asks for. */
  wish?: string | undefined;
}

export interface AllocateLease extends LeaseTerms {
  /** Only called for leases with an owner. */
  liveness?: (owner: LeaseOwner, holding: Holding) => 'alive' | 'dead' | 'unknown';
  /** The kernel's range for outgoing connections; these ports are chosen last. */
  exposed?: Bounds | undefined;
}

export interface Allocate {
  resource: string;
  wants: PortRequest[];
  range?: string | undefined;
  /** A lease instead of a claim. `ttl` in milliseconds; default: the policy's. */
  lease?: AllocateLease | undefined;
  /** All ports must be consecutive. */
  block?: boolean | undefined;
  strict?: boolean | undefined;
  /** Listeners of other resources on ports that this one holds, by port name. */
  strangers?: ReadonlyMap<string, string> | undefined;
  owner?: string | undefined;
  reason?: string | undefined;
}

export interface Granted extends PortRef, LeaseFacts {
  name: string;
  range: string | null;
  created: boolean;
}

/**
 * Which ports a resource gets. What it already holds is answered again; a preferred port that cannot be had is
 * said and another one taken, unless `strict`.
 * Throws what obstacleTo, namedRange and grantedLease say, RANGE_FULL, and CONFLICT for equal variable names and for a
 * lease of another process that still runs.
 */
export function allocate(view: View, command: Allocate): Decision<Granted[]> {
  refuseSameNames(command.resource, command.wants);
  const decision = new Allocation(view, command);
  for (const want of command.wants) decision.answerHeld(want);
  for (const want of command.wants) decision.grantPreferred(want);
  for (const want of command.wants) decision.grantAsOnBranch(want);
  decision.choose();
  return decision.result();
}

/** Without requested names, a resource keeps the names it has instead of getting a `main`. */
export function namesHeld(view: View, resource: string, wants: PortRequest[]): PortRequest[] {
  const held = holdingsOf(view, resource).filter((it) => !isLapsed(view, it));
  if (held.length === 0 || held.some(({ name }) => name === MAIN)) return wants;
  const names = new Map(held.map(({ name, protocol }) => [name, protocol]));
  return [...names].map(([name, protocol]) => ({ name, protocol }));
}

class Allocation {
  readonly #events: Placed[] = [];
  readonly #warnings: Warning[] = [];
  readonly #granted = new Map<string, Granted>();

  constructor(
    private readonly view: View,
    private readonly command: Allocate,
  ) {
    if (command.lease && view.hostFault !== undefined) throw refuse(unknownLeases(view.hostFault));
  }

  answerHeld(want: PortRequest): void {
    const holding = holdingNamed(this.view, this.command.resource, want.name);
    refuseDamaged(this.view, this.command.resource, { name: want.name, mends: [] });
    if (!holding || (holding.lease && !this.command.lease)) return;
    if (want.preferred && (want.preferred.port !== holding.port || want.protocol !== holding.protocol)) {
      this.#sayAlreadyHeld(want, holding);
    }
    this.#sayStranger(want, holding);
    this.#refuseOtherFolder(holding);
    const renewed = this.#renewOwn(holding);
    this.#granted.set(want.name, {
      name: want.name,
      port: holding.port,
      protocol: holding.protocol,
      range: holding.range ?? null,
      ...leaseFacts(renewed ?? holding.lease),
      created: false,
    });
  }

  grantPreferred(want: PortRequest): void {
    if (!want.preferred || this.#granted.has(want.name)) return;
    const ref = { port: want.preferred.port, protocol: want.protocol };
    const asker = { resource: this.command.resource, name: want.name };
    const obstacle = obstacleTo(this.view, ref, asker) ?? this.#leaseObstacle(ref) ?? this.#promised(ref);
    if (!obstacle) {
      this.#grant(want, ref);
      return;
    }
    if (this.command.strict) throw refuse(obstacle);
    const message = `${obstacle.message}; ${want.name} gets another port than ${want.preferred.source} asked for`;
    const { code, hint } = byReassign(obstacle, { ...asker, lease: this.command.lease }, ref);
    this.#warnings.push({ code, message, hint });
  }

  /** Repeats the choice of an open branch for the same name, so that git refuses the second merge. */
  grantAsOnBranch(want: PortRequest): void {
    const { resource, lease } = this.command;
    if (lease || this.#granted.has(want.name)) return;
    for (const [key, claim] of this.view.claimed ?? []) {
      if (claim.resource !== resource || claim.name !== want.name) continue;
      const ref = refOf(key);
      if (ref.protocol !== want.protocol || obstacleTo(this.view, ref, claim) || this.#promised(ref))
        continue;
      this.#warnings.push({
        code: 'CLAIMED_ON_BRANCH',
        message: `branch ${claim.branch} (unmerged) also gives ${formatPort(ref)} to ${labelOf({ resource, name: want.name })}`,
        hint: 'only one of the two can be merged; git refuses the other',
      });
      this.#grant(want, ref);
      return;
    }
  }

  choose(): void {
    const open = this.command.wants.filter((want) => !this.#granted.has(want.name));
    if (this.command.block && open.length < this.command.wants.length && open.length > 0) {
      throw new VportsError('CONFLICT', `${this.command.resource} already holds part of the block`, {
        hint: `see \`vports show ${this.command.resource}\`; release it first, or drop --block`,
      });
    }
    for (const { range, wants } of this.#byRange(open)) this.#chooseIn(range, wants);
  }

  result(): Decision<Granted[]> {
    return {
      events: this.#events,
      warnings: this.#warnings,
      answer: this.command.wants.map((want) => this.#granted.get(want.name)!),
    };
  }

  #byRange(wants: PortRequest[]): { range: RangeChoice; wants: PortRequest[] }[] {
    const chosen = wants.map((want) => ({ want, range: this.#rangeFor(want) }));
    return [...grouped(chosen, ({ range }) => range.label).values()].map((own) => ({
      range: own[0]!.range,
      wants: own.map(({ want }) => want),
    }));
  }

  #rangeFor(want: PortRequest): RangeChoice {
    const { policy } = this.view;
    const { resource, range: asked, lease } = this.command;
    const choose = (text: string) => (lease ? leaseRange(policy, text) : namedRange(policy, text));
    if (asked !== undefined) return choose(asked);
    const usual = lease ? leaseRange(policy, undefined) : usualRange(policy, resource);
    const { range, warning } = wishedRange(want.wish, choose, usual);
    if (warning) this.#warnings.push(warning);
    return range;
  }

  #chooseIn(range: RangeChoice, wants: PortRequest[]): void {
    const run = this.#freeRun(range, wants);
    if (run) {
      for (const [index, want] of wants.entries()) this.#grant(want, run[index]!);
      return;
    }
    if (wants.length === 1 || this.command.block) throw this.#full(range, wants.length);
    for (const want of wants) this.#chooseIn(range, [want]);
  }

  /** Leases avoid the kernel's range for outgoing connections if there is room. */
  #freeRun(range: RangeChoice, wants: PortRequest[]): PortRef[] | undefined {
    const protocols = wants.map((want) => want.protocol);
    const [view, order, taken] = [this.#viewFor(range), this.#order(wants[0]!), this.#taken()];
    for (const bounds of [...without(range, this.command.lease?.exposed), range]) {
      const run = firstFreeRun(view, protocols, bounds, order, taken);
      if (run) return run;
    }
    return undefined;
  }

  /** A range that is reserved as a whole can be used by naming it. */
  #viewFor(range: RangeChoice): View {
    const named = rangeById(this.view.policy, range.label);
    if (!named?.reserved || this.command.range !== named.id) return this.view;
    const ranges = this.view.policy.ranges.map((it) => (it === named ? { ...it, reserved: false } : it));
    return { ...this.view, policy: { ...this.view.policy, ranges } };
  }

  #order(want: PortRequest): Order {
    if (!this.command.lease) return { kind: 'lowest' };
    return { kind: 'spread', seed: `${this.command.resource}/${want.name}` };
  }

  #taken(): PortRef[] {
    return [...this.#granted.values()];
  }

  #promised(ref: PortRef) {
    const other = this.#taken().find((it) => it.port === ref.port && it.protocol === ref.protocol);
    if (!other) return undefined;
    const message = `${formatPort(ref)} is requested twice`;
    return { code: 'CONFLICT' as const, message, hint: 'request each port once' };
  }

  #leaseObstacle(ref: PortRef) {
    if (!this.command.lease || rangeOf(this.view.policy, ref.port)?.dynamic) return undefined;
    const message = `${formatPort(ref)} is in no dynamic range; leases only come from dynamic ranges`;
    return { code: 'OUT_OF_RANGE' as const, message, hint: 'see `vports ranges`' };
  }

  #grant(want: PortRequest, ref: PortRef): void {
    const { resource, owner, reason } = this.command;
    const { policy, now } = this.view;
    if (!(this.command.lease?.folder && resource.includes('@')))
      refuseSameVariable(this.view, resource, want.name);
    this.#warnings.push(...heldElsewhere(this.view, ref));
    const lease = this.command.lease && grantedLease(policy, now, this.command.lease);
    const range = rangeOf(policy, ref.port);
    const exception = isReserved(policy, ref.port) ? ('reserved' as const) : undefined;
    const event: NewEvent = {
      type: 'port.allocated',
      ...ref,
      resource,
      name: want.name,
      ...defined({ range: range?.id, owner, reason, lease, exception }),
    };
    const leased = holdingNamed(this.view, resource, want.name);
    this.#events.push(...releaseLapsed(this.view, ref), { log: logOf(event), event });
    const taken = leased && portKey(leased) === portKey(ref) && isLapsed(this.view, leased);
    if (leased && !taken) this.#events.push(release(leased));
    this.#granted.set(want.name, {
      name: want.name,
      ...ref,
      range: range?.id ?? null,
      ...leaseFacts(lease),
      created: true,
    });
  }

  #renewOwn(holding: Holding): Lease | undefined {
    const asked = this.command.lease;
    if (!holding.lease || !asked || !needsRenewal(this.view, holding, asked)) return undefined;
    const current = ownerOf(holding.lease);
    const isOther =
      current && (asked.folder !== undefined || (asked.owner && !isSameProcess(current, asked.owner)));
    const liveness = (isOther && asked.liveness?.(current, holding)) || 'dead';
    if (isOther && liveness !== 'dead') throw leasedByAnother(holding, current, liveness);
    const lease = grantedLease(this.view.policy, this.view.now, {
      ttl: asked.ttl,
      // An explicit time outlives the process.
      owner:
        asked.ttl !== undefined && asked.owner === undefined
          ? undefined
          : current && (asked.owner ?? current),
      folder: asked.folder,
    });
    this.#events.push(renewal(holding, lease));
    return lease;
  }

  #refuseOtherFolder({ resource, name, lease }: Holding): void {
    const whose = this.command.lease?.whose;
    if (lease?.expires !== null || whose?.(lease) !== 'another') return;
    throw new VportsError(
      'CONFLICT',
      `${labelOf({ resource, name })} is leased to the folder ${lease.folder}`,
      {
        hint: 'for an instance with its own ports, pass --instance NAME',
        details: { resource, name, folder: lease.folder },
      },
    );
  }

  #sayAlreadyHeld(want: PortRequest, holding: Holding): void {
    const { resource, strict } = this.command;
    const asked = { port: want.preferred!.port, protocol: want.protocol };
    const message = `${labelOf({ resource, name: want.name })} already holds ${formatPort(holding)}, not ${formatPort(asked)}`;
    const hint = wayTo(this.view, { resource, name: want.name }, holding, asked);
    if (strict) throw new VportsError('ALREADY_HELD', message, { hint, details: { held: holding.port } });
    this.#warnings.push({ code: 'ALREADY_HELD', message, hint });
  }

  #sayStranger({ name }: PortRequest, holding: Holding): void {
    const { resource, strict, strangers } = this.command;
    const stranger = strangers?.get(name);
    if (stranger === undefined) return;
    const message = `${formatPort(holding)} is held by ${labelOf({ resource, name })}, and ${stranger}`;
    const hint = `stop it (\`vports kill ${formatPort(holding)}\`), or move: \`vports reassign ${resource} --port ${name}\``;
    if (strict) throw new VportsError('PORT_IN_USE', message, { hint, details: { port: holding.port } });
    this.#warnings.push({ code: 'PORT_IN_USE', message, hint });
  }

  #full(range: RangeChoice, count: number): VportsError {
    const { policy } = this.view;
    if (isReserved(policy, range.from) && isReserved(policy, range.to)) {
      return new VportsError(
        'PORT_RESERVED',
        `${range.label} is reserved; none of its ports can be allocated`,
        {
          hint: 'see `vports ranges` for other ranges, or use `vports register --allow-outside-policy`',
          details: { range: range.label, from: range.from, to: range.to },
        },
      );
    }
    const size = range.to - range.from + 1;
    const bounds = `${range.from}-${range.to}`;
    const label = range.label === bounds ? bounds : `${range.label} (${bounds})`;
    const what = count === 1 ? 'no free port' : `no ${count} consecutive free ports`;
    return new VportsError('RANGE_FULL', `${label} has ${what} among its ${size}`, {
      hint: 'see `vports ranges` for free ports, and choose a range with --range',
      details: { range: range.label, from: range.from, to: range.to, size },
    });
  }
}

function without({ from, to }: Bounds, others: Bounds | undefined): Bounds[] {
  if (!others || others.to < from || others.from > to) return [];
  const parts = [
    { from, to: others.from - 1 },
    { from: others.to + 1, to },
  ];
  return parts.filter((it) => it.from <= it.to);
}

function isSameProcess(one: LeaseOwner, other: LeaseOwner): boolean {
  return one.pid === other.pid && one.pidns === other.pidns;
}

function leasedByAnother(
  { resource, name }: Holding,
  { pid }: LeaseOwner,
  liveness: 'alive' | 'unknown',
): VportsError {
  const isAlive = liveness === 'alive';
  return new VportsError(
    'CONFLICT',
    `${labelOf({ resource, name })} is leased by process ${pid}${isAlive ? ', which still runs' : ' in another container, which is not visible from here'}`,
    {
      hint: isAlive
        ? `to run a second copy, use another instance: ${resource}@NAME`
        : `if it has ended, release its lease with \`vports cleanup --fix --force ${resource}\`; for a second copy use ${resource}@NAME`,
      details: { resource, name, pid },
    },
  );
}
