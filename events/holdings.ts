import { environmentName } from './names.js';
import { type PortKey, type PortRef, portKey } from './port.js';
import type { Holding } from './stream.js';

/** Claims (no leases) that are read on demand, in parts; all claims of a resource are in one part. */
export interface UnreadClaims {
  parts: number;
  haveProjects: boolean;
  /** The part with the claims of a resource, from 0 on. */
  partOf(resource: string): number;
  read(part: number): Holding[];
}

export class Holdings {
  readonly #byPort = new Map<PortKey, Holding>();
  readonly #byResource = new Map<string, Map<PortKey, Holding>>();
  readonly #left: Set<number>;
  #haveProjects: boolean;
  /** Built on first use: most commands never look up a variable. */
  #byVariable: Map<string, Map<PortKey, Holding>> | undefined;

  constructor(
    holdings: Iterable<Holding> = [],
    private readonly unread?: UnreadClaims,
  ) {
    this.#haveProjects = unread?.haveProjects ?? false;
    this.#left = new Set(Array.from({ length: unread?.parts ?? 0 }, (_, part) => part));
    for (const holding of holdings) this.#take(holding);
  }

  get size(): number {
    this.#readAll();
    return this.#byPort.size;
  }

  /** Whether any holding belongs to a project: if none does, names need not be resolved by project. */
  get haveProjects(): boolean {
    return this.#haveProjects;
  }

  put(holding: Holding): void {
    this.#readAll();
    this.#take(holding);
  }

  remove(ref: PortRef): void {
    this.#readAll();
    this.#drop(ref);
  }

  #take(holding: Holding): void {
    this.#drop(holding);
    const key = portKey(holding);
    if (holding.project !== undefined) this.#haveProjects = true;
    this.#byPort.set(key, holding);
    const own = this.#byResource.get(holding.resource) ?? new Map<PortKey, Holding>();
    this.#byResource.set(holding.resource, own.set(key, holding));
    if (this.#byVariable) indexVariable(this.#byVariable, holding);
  }

  #drop(ref: PortRef): void {
    const key = portKey(ref);
    const holding = this.#byPort.get(key);
    if (!holding) return;
    this.#byPort.delete(key);
    const own = this.#byResource.get(holding.resource)!;
    own.delete(key);
    if (own.size === 0) this.#byResource.delete(holding.resource);
    this.#byVariable?.get(environmentName(holding.resource, holding.name))?.delete(key);
  }

  at(ref: PortRef): Holding | undefined {
    this.#readAll();
    return this.#byPort.get(portKey(ref));
  }

  /** The holdings of a resource, the lowest event id first. */
  of(resource: string): Holding[] {
    if (this.unread) this.#read(this.unread.partOf(resource));
    const own = [...(this.#byResource.get(resource)?.values() ?? [])];
    return own.sort((a, b) => (a.event < b.event ? -1 : 1));
  }

  withVariable(variable: string): Holding[] {
    if (!this.#byVariable) {
      this.#byVariable = new Map();
      for (const holding of this) indexVariable(this.#byVariable, holding);
    }
    return [...(this.#byVariable.get(variable)?.values() ?? [])];
  }

  leases(): Holding[] {
    return [...this.#byPort.values()].filter(({ lease }) => lease);
  }

  [Symbol.iterator](): IterableIterator<Holding> {
    this.#readAll();
    return this.#byPort.values();
  }

  #readAll(): void {
    for (const part of this.#left) this.#read(part);
  }

  #read(part: number): void {
    if (this.#left.delete(part)) for (const claim of this.unread!.read(part)) this.#take(claim);
  }
}

function indexVariable(index: Map<string, Map<PortKey, Holding>>, holding: Holding): void {
  const variable = environmentName(holding.resource, holding.name);
  const same = index.get(variable) ?? new Map<PortKey, Holding>();
  index.set(variable, same.set(portKey(holding), holding));
}
