import { TYPES } from './columns.js';
import type { MapHistory } from './history.js';

const [ALLOCATED, REGISTERED, DESCRIBED, RENEWED, RELEASED] = TYPES.keys();
const NOBODY = -1;

interface Held {
  grants: Int32Array;
  owners: Int32Array;
  reasons: Int32Array;
  leases: Float64Array;
}

/** The holder of a port at a moment, by the index of the granting event. */
export interface Tenant {
  stream: number;
  grant: number;
  /** Indexes into the history's strings. */
  owner: number;
  reason: number;
  lease: number;
}

/**
 * The ports held after a number of events. Moves forward step by step, and backward from the nearest snapshot: there is one for every `every` events.
 */
export class Moment {
  readonly #copies: Held[] = [];
  #held: Held;
  #at = 0;

  constructor(
    private readonly history: MapHistory,
    private readonly every = 4096,
  ) {
    const count = history.keys.length;
    this.#held = {
      grants: new Int32Array(count).fill(NOBODY),
      owners: new Int32Array(count),
      reasons: new Int32Array(count),
      leases: new Float64Array(count),
    };
    this.#copies.push(copyOf(this.#held));
  }

  get at(): number {
    return this.#at;
  }

  seek(count: number): void {
    const copy = Math.min(Math.floor(count / this.every), this.#copies.length - 1);
    if (count < this.#at || copy * this.every > this.#at) {
      this.#held = copyOf(this.#copies[copy]!);
      this.#at = copy * this.every;
    }
    while (this.#at < count) {
      this.#apply(this.#at++);
      if (this.#at === this.#copies.length * this.every) this.#copies.push(copyOf(this.#held));
    }
  }

  tenant(stream: number | undefined): Tenant | undefined {
    const grant = stream === undefined ? NOBODY : this.#held.grants[stream]!;
    if (stream === undefined || grant === NOBODY) return undefined;
    const { owners, reasons, leases } = this.#held;
    return { stream, grant, owner: owners[stream]!, reason: reasons[stream]!, lease: leases[stream]! };
  }

  tenants(): Tenant[] {
    return [...this.#held.grants.keys()].flatMap((stream) => this.tenant(stream) ?? []);
  }

  #apply(index: number): void {
    const { columns, streams } = this.history;
    const { grants, owners, reasons, leases } = this.#held;
    const [type, stream] = [columns.types[index], streams[index]!];
    if (type === ALLOCATED || type === REGISTERED) {
      grants[stream] = index;
      owners[stream] = columns.owners[index]!;
      reasons[stream] = columns.reasons[index]!;
      leases[stream] = columns.leases[index]!;
    } else if (grants[stream] === NOBODY) {
      // An event that cannot follow is skipped here; other commands report it.
    } else if (type === DESCRIBED) {
      owners[stream] = columns.owners[index] || owners[stream]!;
      reasons[stream] = columns.reasons[index] || reasons[stream]!;
    } else if (type === RENEWED) {
      leases[stream] = columns.leases[index]!;
    } else if (type === RELEASED) {
      grants[stream] = NOBODY;
    }
  }
}

function copyOf({ grants, owners, reasons, leases }: Held): Held {
  return { grants: grants.slice(), owners: owners.slice(), reasons: reasons.slice(), leases: leases.slice() };
}
