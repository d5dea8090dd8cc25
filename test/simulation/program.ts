/**
 * What runs inside of a simulated process: the real log and the real writer, in the world that is handed in. It is bundled, and
 * evaluated in a context of its own for each process, so that no two share anything but what they write.
 */

import { VportsError } from '../../src/errors.js';
import { LockedHere, RemoteMoved, refusedPush, unreachable } from '../../src/log/remote/remote-answers.js';
import { allocate } from '../../src/registry/decide/allocate.js';
import type { Decision } from '../../src/registry/decide/decision.js';
import { describe } from '../../src/registry/decide/describe.js';
import { reassign } from '../../src/registry/decide/reassign.js';
import { register } from '../../src/registry/decide/register.js';
import { release } from '../../src/registry/decide/release.js';
import type { View } from '../../src/registry/decide/view.js';
import { Logs } from '../../src/registry/state/logs.js';
import { sync } from '../../src/registry/verbs/sync.js';
import { write } from '../../src/registry/write/write.js';
import { refusalOf } from '../../src/system-error.js';
import {
  handIn,
  type RemoteMove,
  type Transport,
  type TransportPlace,
  type World,
} from '../../src/world/index.js';

/** A command, as a simulated person types it. */
export type Order =
  | { verb: 'allocate'; resource: string; preferred?: number; branch?: string; ttl?: number }
  | { verb: 'register'; resource: string; port: number; branch?: string }
  | { verb: 'release'; resource: string; branch?: string }
  | { verb: 'reassign'; resource: string; branch?: string }
  | { verb: 'describe'; resource: string; owner: string; branch?: string }
  | { verb: 'sync' }
  | { verb: 'list' };

/** What a command told who gave it. */
export type Told =
  | {
      is: 'done';
      published: 'local' | 'pushed' | 'unpushed';
      /** Paths of the events written to the registry, with their ids. */
      events: { path: string; id: string }[];
      ports: number[];
      /** Of `list`: who holds what. */
      held?: [string, string][];
      warnings: string[];
    }
  | { is: 'refused'; code: string; message: string; mayHaveArrived: boolean }
  | { is: 'broken'; message: string };

/** What the world does for a transport; answers come by call. */
export interface Network {
  fetch(place: TransportPlace, answer: (how: NetworkAnswer) => void): void;
  push(place: TransportPlace, move: RemoteMove, answer: (how: NetworkAnswer) => void): void;
}

export type NetworkAnswer =
  | { is: 'ok' }
  | { is: 'refused'; reason: string; stderr: string }
  | { is: 'unreachable' }
  | { is: 'locked here'; lock: string };

const start = (
  given: { world: World; network: Network; path: string; order: Order },
  done: (told: string) => void,
): void => {
  handIn({ ...given.world, openTransport: (place) => new SimulatedTransport(place, given.network) });
  run(given.path, given.order).then(
    (told) => done(JSON.stringify(told)),
    (error: unknown) => done(JSON.stringify(refused(error))),
  );
};

// For whoever has evaluated the bundle.
Object.assign(globalThis, { start });

async function run(path: string, order: Order): Promise<Told> {
  const branch = 'branch' in order ? order.branch : undefined;
  const logs = new Logs({ path, from: 'option' }, branch);
  try {
    if (order.verb === 'sync') {
      const { warnings, deleted } = await sync(logs);
      return {
        is: 'done',
        published: 'local',
        events: [],
        ports: [],
        warnings: [...warnings.map(({ code }) => code), ...deleted.map(() => 'BRANCH_DELETED')],
      };
    }
    if (order.verb === 'list') {
      const { holdings } = await (await logs.registry()).reader.state();
      const held = [...holdings]
        .map((it): [string, string] => [`${it.port}/${it.protocol}`, it.resource])
        .sort();
      return { is: 'done', published: 'local', events: [], ports: [], held, warnings: [] };
    }
    const local = order.verb === 'allocate' && order.ttl !== undefined;
    const written = await write(logs, {
      decide: (view) => decide(view, order),
      local,
      resources: [order.resource],
    });
    const events = written.written
      .filter((event) => !('lease' in event) && event.resource === order.resource)
      .map(({ path, id }) => ({ path, id }));
    return {
      is: 'done',
      published: written.published,
      events: local ? [] : events,
      ports: written.answer.map(({ port, to }) => (port ?? to)!),
      warnings: written.warnings.map(({ code }) => code),
    };
  } finally {
    await logs.close();
  }
}

function decide(view: View, order: Order & { resource: string }): Decision<{ port?: number; to?: number }[]> {
  const { resource } = order;
  switch (order.verb) {
    case 'allocate': {
      const preferred = order.preferred ? { preferred: { port: order.preferred, source: 'option' } } : {};
      const lease = order.ttl === undefined ? undefined : { ttl: order.ttl };
      return allocate(view, { resource, wants: [{ name: 'main', protocol: 'tcp', ...preferred }], lease });
    }
    case 'register':
      return register(view, { resource, ports: [{ name: 'main', port: order.port, protocol: 'tcp' }] });
    case 'release':
      return release(view, { resource, ports: [] });
    case 'reassign':
      return reassign(view, { resource });
    case 'describe':
      return describe(view, { resource, owner: order.owner });
    default:
      throw new Error(`there is no verb ${order.verb}`);
  }
}

function refused(error: unknown): Told {
  const known = error instanceof VportsError ? error : refusalOf(error);
  if (known && known.code !== 'INTERNAL') {
    const { code, message, details } = known;
    return { is: 'refused', code, message, mayHaveArrived: details.mayHaveArrived === true };
  }
  return { is: 'broken', message: String((error as Error)?.stack ?? error) };
}

/** git, as it is seen from here. */
class SimulatedTransport implements Transport {
  readonly url: string;
  readonly #place: TransportPlace;
  readonly #network: Network;

  constructor(place: TransportPlace, network: Network) {
    this.url = place.url;
    this.#place = place;
    this.#network = network;
  }

  fetch(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#network.fetch(this.#place, (how) => this.#answer(how, '', resolve, reject));
    });
  }

  async defaultBranch(): Promise<string> {
    return 'refs/heads/main';
  }

  push(move: RemoteMove): Promise<string[]> {
    return new Promise((resolve, reject) => {
      this.#network.push(this.#place, move, (how) => this.#answer(how, move.ref, () => resolve([]), reject));
    });
  }

  #answer(how: NetworkAnswer, ref: string, resolve: () => void, reject: (error: Error) => void): void {
    if (how.is === 'ok') resolve();
    else if (how.is === 'unreachable') reject(unreachable(this.url, 'the connection was lost'));
    else if (how.is === 'locked here') reject(new LockedHere(how.lock));
    else if (how.reason === 'stale info') reject(new RemoteMoved(how.reason));
    else reject(refusedPush(this.url, ref, { reason: how.reason, stderr: how.stderr }));
  }
}
