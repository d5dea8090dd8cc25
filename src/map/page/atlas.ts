import { type MapEvent, MapHistory } from '../history.js';
import type { MapData, MapPolicy } from '../map-data.js';
import { Moment, type Tenant } from '../moment.js';
import { type Fits, searchFor } from '../search.js';
import { labelOf, leaseWords, minute } from '../words.js';

export interface HeldPort extends Omit<MapEvent, 'type' | 'other'> {
  /** Id of its range, empty for none. */
  range: string;
}

/** The state of the page and all its data, for the parts that draw. */
export class Atlas {
  readonly history: MapHistory;
  readonly #moment: Moment;
  readonly #reserved = new Map<MapPolicy, Uint8Array>();
  readonly #refused: Set<number>;
  readonly #assigned: Map<number, string>;
  readonly #damaged: Map<number, string>;
  #step = 0;
  #fits: Fits | undefined;
  #held: HeldPort[] | undefined;
  #changed = new Set<number>();
  #hits: Set<number> | undefined;
  #numbers: number[] | undefined;

  constructor(readonly data: MapData) {
    this.history = new MapHistory(data.events);
    this.#moment = new Moment(this.history);
    this.#refused = new Set(data.refused);
    this.#assigned = new Map(data.assigned.ports.map((port, index) => [port, data.assigned.names[index]!]));
    this.#damaged = new Map(data.damaged.map(({ port, message }) => [port, message]));
    this.goTo(this.history.steps);
  }

  get step(): number {
    return this.#step;
  }

  /** Time of the selected step, in milliseconds since 1970. */
  get time(): number {
    return this.timeOf(this.#step);
  }

  timeOf(step: number): number {
    return this.history.times[Math.max(0, this.history.ends[step]! - 1)] ?? 0;
  }

  /** The policy of the selected moment. */
  get policy(): MapPolicy {
    const { policies } = this.data;
    if (this.#step === this.history.steps) return policies.at(-1)!;
    return policies.findLast(({ since }) => since <= this.time) ?? policies[0]!;
  }

  goTo(step: number): void {
    this.#step = Math.max(0, Math.min(step, this.history.steps));
    this.#moment.seek(this.history.ends[this.#step]!);
    this.#changed = new Set(this.history.eventsOf(this.#step).map(({ port }) => port));
    this.#held = undefined;
    this.#hits = undefined;
    this.#numbers = undefined;
  }

  search(query: string): void {
    this.#fits = searchFor(query);
    this.#hits = undefined;
    this.#numbers = undefined;
  }

  get isSearching(): boolean {
    return this.#fits !== undefined;
  }

  held(): HeldPort[] {
    this.#held ??= this.#moment
      .tenants()
      .map((tenant) => this.#heldPort(tenant))
      .sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1));
    return this.#fits
      ? this.#held.filter((it) => this.#fits!(factsOf(it).map(([, value]) => value)))
      : this.#held;
  }

  /** The latest event that matches the search, at or before the selected moment. */
  lastMatch(): MapEvent | undefined {
    for (let index = this.#moment.at - 1; index >= 0; index--) {
      const event = this.history.event(index);
      if (
        this.#fits?.([String(event.port), labelOf(event), event.owner, event.by, event.reason, event.commit])
      )
        return event;
    }
    return undefined;
  }

  /** Whether the search matches a port; true without a search. */
  isHit(port: number): boolean {
    if (!this.#fits) return true;
    this.#hits ??= new Set(this.heldNumbers());
    return this.#hits.has(port);
  }

  get changed(): ReadonlySet<number> {
    return this.#changed;
  }

  /** Numbers of the held ports, limited to the search, lowest first. */
  heldNumbers(): number[] {
    this.#numbers ??= [...new Set(this.held().map(({ port }) => port))];
    return this.#numbers;
  }

  tenant(port: number, protocol: 'tcp' | 'udp'): Tenant | undefined {
    return this.#moment.tenant(this.history.streamOf(port, protocol));
  }

  holders(port: number): HeldPort[] {
    return (['tcp', 'udp'] as const).flatMap((protocol) => {
      const tenant = this.tenant(port, protocol);
      return tenant ? [this.#heldPort(tenant)] : [];
    });
  }

  eventsOf(port: number): MapEvent[] {
    return this.history.ofPort(port, this.#moment.at);
  }

  damage(port: number): string | undefined {
    return this.#damaged.get(port);
  }

  isReserved(port: number): boolean {
    const { policy } = this;
    const known = this.#reserved.get(policy) ?? new Uint8Array(65536);
    if (!this.#reserved.has(policy)) {
      this.#reserved.set(policy, known);
      for (const { from, to } of [...policy.reserved, ...policy.ranges.filter((it) => it.reserved)])
        known.fill(1, from, to + 1);
    }
    return known[port] === 1;
  }

  hazards(port: number): string[] {
    const name = this.#assigned.get(port);
    return [
      ...(this.#refused.has(port) ? ['browsers refuse to open it'] : []),
      ...(name ? [`IANA has assigned it to ${name}: anyone running that expects this port`] : []),
    ];
  }

  isHazardous(port: number): boolean {
    return this.#refused.has(port) || this.#assigned.has(port);
  }

  spansOf(port: number): string[] {
    return this.data.spans.filter(({ from, to }) => port >= from && port <= to).map(({ what }) => what);
  }

  rangeOf(port: number): string {
    return this.policy.ranges.find(({ from, to }) => port >= from && port <= to)?.id ?? '';
  }

  #heldPort({ grant, owner, reason, lease }: Tenant): HeldPort {
    const { strings } = this.data.events;
    const event = this.history.event(grant);
    return {
      ...event,
      owner: strings[owner] ?? '',
      reason: strings[reason] ?? '',
      lease,
      range: this.rangeOf(event.port),
    };
  }
}

export function factsOf(held: HeldPort): [string, string][] {
  return [
    ['Port', `${held.port}/${held.protocol}`],
    ['Resource', labelOf(held)],
    ['Range', held.range],
    ['Owner', held.owner],
    ['Since', minute(held.at)],
    ['By', held.by],
    ['Reason', held.reason],
    ['Commit', held.commit],
    ['Pull request', held.pullRequest],
    ['Signature', held.signature],
    ['Lease', leaseWords(held.lease)],
  ];
}
