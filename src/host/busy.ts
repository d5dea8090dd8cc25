import { type PortKey, type PortRef, portKey } from '../../events/port.js';
import { pause, world } from '../world/index.js';
import { isBound } from './bind-probe.js';
import { publishedPorts } from './docker.js';
import { socketTable } from './sockets.js';

/** How often a bound port is tried again, and the longest pause before that in milliseconds. */
const [AGAIN, PAUSE] = [3, 20];

/** Who tries a port has it for a moment: another vports at its own look is no listener. */
async function staysBound(ref: PortRef): Promise<boolean | undefined> {
  for (let each = 0; ; each++) {
    const bound = await isBound(ref);
    if (!bound || each === AGAIN) return bound;
    await pause(world.random() * PAUSE);
  }
}

/** What one command has come to know of the ports that are taken on this machine. */
export class Busy {
  readonly ports = new Set<PortKey>();
  #looked = false;
  #published: Promise<PortRef[]> | undefined;

  /** One look at all ports; asked again, it knows already. */
  async lookAround(): Promise<void> {
    // A simulated machine is asked for each port.
    if (this.#looked || world.isBound) return;
    this.#looked = true;
    for (const ref of await (await socketTable()).bound()) this.ports.add(portKey(ref));
  }

  /**
   * Whether one of these ports is taken, by a probe of each. A container's port may have no socket on this side, where rules
   * of the firewall send it there: the engine is asked too.
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
