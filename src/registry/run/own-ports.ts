import type { FolderLease, LeaseOwner } from '../../../events/lease.js';
import { baseOf, labelOf } from '../../../events/names.js';
import { formatPort, type PortRef, portKey } from '../../../events/port.js';
import { VportsError } from '../../errors.js';
import { describeListener } from '../../host/describe-listener.js';
import { endListener, socketsClosed } from '../../host/end-listener.js';
import type { Listener } from '../../host/listener.js';
import { listenersOn } from '../../host/listeners-on-port.js';
import { identityOf, ownIdentity } from '../../process/identity.js';
import { attributeListeners } from '../state/resource-of-process.js';
import type { Common, GrantedPort, Grants } from '../write/outcome.js';
import { runOf } from './recorded-runs.js';

/** What of a registry it takes to have ports for a run. */
export interface PortsForARun {
  allocate(
    resource: string,
    options: Common & {
      ports?: string[] | undefined;
      dynamic: true;
      leaseOwner?: LeaseOwner | undefined;
      leaseFolder?: FolderLease | undefined;
    },
  ): Promise<Grants>;
  reassign(resource: string, options: Common & { port: string }): Promise<{ moved: { to: number }[] }>;
  release(resource: string, options: Common & { ports: string[]; ownedBy: LeaseOwner }): Promise<unknown>;
}

export interface OwnPorts {
  resource: string;
  /** NAME/PROTOCOL; undefined: those of service.json, or `main`. */
  ports: string[] | undefined;
  /** What is claimed already and waits for its pull request: the registry would not answer it. */
  waiting: Map<string, GrantedPort>;
  /** What is missing is leased to this folder; else for as long as this process lives. */
  folder: FolderLease | undefined;
  /** What to do where something is bound to one of them; `replace` ends what an earlier run of the resource left there. */
  onConflict: OnConflict;
  /** Whether the resource is that of this folder, which `vports run` means. */
  isOwn: boolean;
}

export type OnConflict = 'fail' | 'move' | 'replace';

type Tell = (line: string) => void;

/** What is answered without a look at the registry. */
const NOTHING: Omit<Grants, 'resource' | 'ports'> = {
  commits: [],
  events: [],
  files: [],
  written: [],
  published: 'local',
  said: [],
  pullRequest: undefined,
  documents: [],
  warnings: [],
  made: undefined,
};

/**
 * The ports that the command is to bind, each leased where it is missing and free of strangers.
 * Throws PORT_IN_USE where a stranger is on a port, CONFLICT where another run of the resource has its lease.
 */
export async function takeOwnPorts(
  registry: PortsForARun,
  request: OwnPorts,
  tell: Tell,
): Promise<{ grants: Grants; lease: () => Promise<Grants> }> {
  const { resource, ports, waiting, folder } = request;
  const terms = folder ? { leaseFolder: folder } : { leaseOwner: ownIdentity() };
  const lease = async (): Promise<Grants> => {
    if (ports?.length === 0) return { ...NOTHING, resource, ports: waiting };
    const grants = await registry.allocate(resource, { ports, dynamic: true, docs: false, ...terms });
    return { ...grants, ports: new Map([...waiting, ...grants.ports]) };
  };
  const grants = await lease();
  if (!(await moveFromStrangers(registry, grants, request, tell))) return { grants, lease };
  return { grants: await lease(), lease };
}

/** Gives back what was leased for the run alone, unless a server was left behind on it. */
export async function giveBack(
  registry: PortsForARun,
  { resource, folder }: OwnPorts,
  grants: Grants,
  tell: Tell,
): Promise<void> {
  if (folder) return;
  const own = [...grants.ports].filter(([, it]) => it.lease !== null && (it.created || isOurs(grants, it)));
  const left = await handOver(registry, resource, own, tell);
  const ended = own.filter(([name]) => !left.has(name)).map(([, it]) => formatPort(it));
  if (ended.length > 0)
    await registry.release(resource, { ports: ended, docs: false, ownedBy: ownIdentity() });
}

/** A command may run longer than its lease: it is renewed at half its time. Gives what ends that. */
export function keepLeased(grants: Grants, lease: () => Promise<Grants>, tell: Tell): () => void {
  const ends = [...grants.ports.values()].flatMap((it) => (it.lease === null ? [] : [Date.parse(it.lease)]));
  if (ends.length === 0) return () => undefined;
  const half = Math.max(60_000, (Math.min(...ends) - Date.now()) / 2);
  const again = () =>
    void lease().catch((error: Error) => tell(`warning: the lease was not renewed: ${error.message}`));
  const timer = setInterval(again, Math.min(half, 2 ** 31 - 1)).unref();
  return () => clearInterval(timer);
}

/**
 * A server that goes into the background outlives the command that started it: its lease becomes its own, and ends with it. Gives the
 * names of the ports that are still bound so.
 */
async function handOver(
  registry: PortsForARun,
  resource: string,
  leased: [string, GrantedPort][],
  tell: Tell,
): Promise<Set<string>> {
  const left = new Set<string>();
  for (const [name, port] of leased) {
    const [daemon] = attributeListeners(await listenersOn(port)).filter((it) => it.resource === resource);
    if (!daemon || daemon.pid === null) continue;
    const leaseOwner = identityOf(daemon.pid);
    await registry.allocate(resource, { ports: [name], dynamic: true, leaseOwner, docs: false });
    tell(
      `${formatPort(port)} is still bound by ${describeListener(daemon)}, which the command left running: its lease ends with it`,
    );
    left.add(name);
  }
  return left;
}

/** A lease that was left by a process that is gone has become ours; one that a person has taken stays theirs. */
function isOurs({ written }: Grants, ref: PortRef): boolean {
  return written.some(
    (event) =>
      event.type === 'port.renewed' &&
      portKey(event) === portKey(ref) &&
      event.lease.expires !== null &&
      event.lease.owner?.pid === process.pid,
  );
}

/** A port that is bound before the command has started is bound by a stranger. What is leased for the run moves by itself. */
async function moveFromStrangers(
  registry: PortsForARun,
  { resource, ports }: Grants,
  { onConflict, isOwn }: OwnPorts,
  tell: Tell,
): Promise<boolean> {
  let moved = false;
  for (const [name, granted] of ports) {
    if (granted.created) continue;
    if (onConflict === 'replace') await endLeftover(granted, resource, tell);
    const [stranger] = attributeListeners(await listenersOn(granted));
    if (!stranger) continue;
    const replaces = isOwn && runOf(stranger, resource) !== undefined;
    if (runsFor(stranger, resource) || replaces) throw runsAlready(resource, granted, stranger, replaces);
    const what = `${formatPort(granted)} of ${labelOf({ resource, name })} is bound by ${describeListener(stranger)}`;
    if (granted.lease === null && onConflict !== 'move') {
      throw new VportsError('PORT_IN_USE', what, {
        hint: `stop it (\`vports kill ${formatPort(granted)}\`), or let ${resource} move: \`${wayToMove(resource, name, isOwn)}\``,
        details: { port: granted.port, protocol: granted.protocol, listener: stranger },
      });
    }
    const [move] = (await registry.reassign(resource, { port: name, reason: 'its port was taken' })).moved;
    tell(`${what}; moved to ${move!.to}`);
    moved = true;
  }
  return moved;
}

/** Ends what earlier runs of the resource have left on a port, and nothing of which that is not proven. */
async function endLeftover(ref: PortRef, resource: string, tell: Tell): Promise<void> {
  for (const it of await listenersOn(ref)) {
    if (it.pid === null) continue;
    // Before it is proven whose it is: the pid may become another one's meanwhile, and then nothing is ended.
    const identity = identityOf(it.pid);
    if (!runOf(it, resource) || (await endListener(ref, identity)) === 'gone before') continue;
    await socketsClosed(ref);
    tell(`ended ${describeListener(it)}, which an earlier run of ${resource} left on ${formatPort(ref)}`);
  }
}

/** A service.json names no instance: what runs in a folder of the resource, on this very port, is taken for the instance. */
function runsFor({ resource: runs, certain }: Listener, resource: string): boolean {
  return runs === resource || (certain === false && runs === baseOf(resource));
}

function wayToMove(resource: string, name: string, isOwn: boolean): string {
  return isOwn ? 'vports run --on-conflict move' : `vports reassign ${resource} --port ${name}`;
}

function runsAlready(resource: string, ref: PortRef, listener: Listener, replaces: boolean): VportsError {
  return new VportsError(
    'CONFLICT',
    `${resource} runs already: ${formatPort(ref)} is bound by ${describeListener(listener)}`,
    {
      hint: `${replaces ? '`vports run --replace` ends it; ' : ''}${baseOf(resource)}@NAME is another instance, with ports of its own`,
      details: { port: ref.port, protocol: ref.protocol, listener },
    },
  );
}
