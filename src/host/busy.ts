import { type PortKey, type PortRef, portKey } from '../../events/port.js';
import { pause, world } from '../world/index.js';
import { isBound } from './bind-probe.js';
import { publishedPorts } from './docker.js';
import { socketTable } from './sockets.js';

/** Retries of a bound port, and the longest pause before each in milliseconds. */
const [AGAIN, PAUSE] = [3, 20];

/** A probe binds the port for a moment: that of another vports is no listener. */
async function staysBound(ref: PortRef): Promise<boolean | undefined> {
  for (let each = 0; ; each++) {
    const bound = await isBound(ref);
    if (!bound || each === AGAIN) return bound;
    await pause(world.random() * PAUSE);
  }
}

/** Ports in use on this machine, as far as one command has looked. */
export class Busy {
  readonly ports = new Set<PortKey>();
  #looked = false;
  #published: Promise<PortRef[]> | undefined;

  async lookAround(): Promise<void> {
    // A simulated machine is asked for each port instead.
    if (this.#looked || world.isBound) return;
    this.#looked = true;
    for (const ref of await (await socketTable()).bound()) this.ports.add(portKey(ref));
  }

  /**
   * Whether one of these ports is in use, by a probe of each. A container's port may have no socket here, if the firewall forwards
   * it: the engine is asked too.
   */
  async takes(refs: PortRef[]): Promise<boolean> {
    if (refs.length === 0) return false;
    if (world.isBound) return this.#takes(refs, refs.map(world.isBound));
    this.#published ??= publishedPorts();
    for (const ref of await this.#published) this.ports.add(portKey(ref));
    return this.#takes(refs, await Promise.all(refs.map(staysBound)));
  }

  async #takes(refs: PortRef[], bound: (boolean | undefined)[]): Promise<boolean> {
    if (bound.includes(undefined)) await this.lookAround();
    for (const [index, ref] of refs.entries()) if (bound[index]) this.ports.add(portKey(ref));
    return refs.some((ref) => this.ports.has(portKey(ref)));
  }
}
