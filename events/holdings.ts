import { environmentName } from './names.js';
import { type PortKey, type PortRef, portKey } from './port.js';
import type { Holding } from './stream.js';

/** Who holds what: all live ports of one log, by port and by resource. */
export class Holdings {
  readonly #byPort = new Map<PortKey, Holding>();
  readonly #byResource = new Map<string, Map<PortKey, Holding>>();
  /** Made on the first question, as most commands ask none. */
  #byVariable: Map<string, Map<PortKey, Holding>> | undefined;

  constructor(holdings: Iterable<Holding> = []) {
    for (const holding of holdings) this.put(holding);
  }

  get size(): number {
    return this.#byPort.size;
  }

  put(holding: Holding): void {
    this.remove(holding);
    const key = portKey(holding);
    this.#byPort.set(key, holding);
    const own = this.#byResource.get(holding.resource) ?? new Map<PortKey, Holding>();
    this.#byResource.set(holding.resource, own.set(key, holding));
    if (this.#byVariable) indexVariable(this.#byVariable, holding);
  }

  remove(ref: PortRef): void {
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
    return this.#byPort.get(portKey(ref));
  }

  /** What a resource holds, in the order of the granting events, so that the lowest event id answers first. */
  of(resource: string): Holding[] {
    const own = [...(this.#byResource.get(resource)?.values() ?? [])];
    return own.sort((a, b) => (a.event < b.event ? -1 : 1));
  }

  /** The holdings that an environment variable of this name would speak of. */
  withVariable(variable: string): Holding[] {
    if (!this.#byVariable) {
      this.#byVariable = new Map();
      for (const holding of this) indexVariable(this.#byVariable, holding);
    }
    return [...(this.#byVariable.get(variable)?.values() ?? [])];
  }

  [Symbol.iterator](): IterableIterator<Holding> {
    return this.#byPort.values();
  }
}

function indexVariable(index: Map<string, Map<PortKey, Holding>>, holding: Holding): void {
  const variable = environmentName(holding.resource, holding.name);
  const same = index.get(variable) ?? new Map<PortKey, Holding>();
  index.set(variable, same.set(portKey(holding), holding));
}
