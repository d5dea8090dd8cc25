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
import { NOTHING } from '../write/written.js';
import { runOf } from './recorded-runs.js';

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
  ports: string[] | undefined;
  /** Ports claimed by an unmerged pull request, which the registry does not know. */
  waiting: Map<string, GrantedPort>;
  /** Lease missing ports to this folder; else to this process. */
  folder: FolderLease | undefined;
  /** What to do about a stranger on a port; `replace` stops what an earlier run left there. */
  onConflict: OnConflict;
  /** Whether the resource is this folder's, as for `vports run`. */
  isOwn: boolean;
}

export type OnConflict = 'fail' | 'move' | 'replace';

type Report = (line: string) => void;

/**
 * The ports that the command will bind; leases missing ones and requires that no stranger uses any.
 * Throws PORT_IN_USE if a stranger does, CONFLICT if another run of the resource has its lease.
 */
export async function takeOwnPorts(
  registry: PortsForARun,
  request: OwnPorts,
  report: Report,
): Promise<{ grants: Grants; lease: () => Promise<Grants> }> {
  const { resource, ports, waiting, folder } = request;
  const terms = folder ? { leaseFolder: folder } : { leaseOwner: ownIdentity() };
  const lease = async (): Promise<Grants> => {
    if (ports?.length === 0) return { ...NOTHING, pullRequest: undefined, resource, ports: waiting };
    const grants = await registry.allocate(resource, { ports, dynamic: true, docs: false, ...terms });
    return { ...grants, ports: new Map([...waiting, ...grants.ports]) };
  };
  const grants = await lease();
  if (!(await moveFromStrangers(registry, grants, request, report))) return { grants, lease };
  return { grants: await lease(), lease };
}

/** Releases leases of the run, except those of a server left behind. */
export async function releaseLeases(
  registry: PortsForARun,
  { resource, folder }: OwnPorts,
  grants: Grants,
  report: Report,
): Promise<void> {
  if (folder) return;
  const own = [...grants.ports].filter(([, it]) => it.lease !== null && (it.created || isOurs(grants, it)));
  const left = await handOver(registry, resource, own, report);
  const ended = own.filter(([name]) => !left.has(name)).map(([, it]) => formatPort(it));
  if (ended.length > 0)
    await registry.release(resource, { ports: ended, docs: false, ownedBy: ownIdentity() });
}

/** Renews the lease at half its time. Returns a function that stops renewing. */
export function keepLeased(grants: Grants, lease: () => Promise<Grants>, report: Report): () => void {
  const ends = [...grants.ports.values()].flatMap((it) => (it.lease === null ? [] : [Date.parse(it.lease)]));
  if (ends.length === 0) return () => undefined;
  const half = Math.max(60_000, (Math.min(...ends) - Date.now()) / 2);
  const again = () =>
    void lease().catch((error: Error) => report(`warning: the lease was not renewed: ${error.message}`));
  const timer = setInterval(again, Math.min(half, 2 ** 31 - 1)).unref();
  return () => clearInterval(timer);
}

/**
 * A server in the background outlives the command that started it: it takes over its lease, which then ends with it. Returns the names
 * of these ports.
 */
async function handOver(
  registry: PortsForARun,
  resource: string,
  leased: [string, GrantedPort][],
  report: Report,
): Promise<Set<string>> {
  const left = new Set<string>();
  for (const [name, port] of leased) {
    const [daemon] = attributeListeners(await listenersOn(port)).filter((it) => it.resource === resource);
    if (!daemon || daemon.pid === null) continue;
    const leaseOwner = identityOf(daemon.pid);
    await registry.allocate(resource, { ports: [name], dynamic: true, leaseOwner, docs: false });
    report(
      `${formatPort(port)} is still used by ${describeListener(daemon)}, which the command left running; the lease ends when it does`,
    );
    left.add(name);
  }
  return left;
}

/** We own a lease left by a dead process, but not one that a person took. */
function isOurs({ written }: Grants, ref: PortRef): boolean {
  return written.some(
    (event) =>
      event.type === 'port.renewed' &&
      portKey(event) === portKey(ref) &&
      event.lease.expires !== null &&
      event.lease.owner?.pid === process.pid,
  );
}

/** Before the command starts, any listener is a stranger. Leases of the run move to other ports. */
async function moveFromStrangers(
  registry: PortsForARun,
  { resource, ports }: Grants,
  { onConflict, isOwn }: OwnPorts,
  report: Report,
): Promise<boolean> {
  let moved = false;
  for (const [name, granted] of ports) {
    if (granted.created) continue;
    if (onConflict === 'replace') await endLeftover(granted, resource, report);
    const [stranger] = attributeListeners(await listenersOn(granted));
    if (!stranger) continue;
    const replaces = isOwn && runOf(stranger, resource) !== undefined;
    if (runsFor(stranger, resource) || replaces) throw runsAlready(resource, granted, stranger, replaces);
    const what = `${formatPort(granted)} of ${labelOf({ resource, name })} is occupied by ${describeListener(stranger)}`;
    if (granted.lease === null && onConflict !== 'move') {
      throw new VportsError('PORT_IN_USE', what, {
        hint: `stop it (\`vports kill ${formatPort(granted)}\`), or let ${resource} move: \`${wayToMove(resource, name, isOwn)}\``,
        details: { port: granted.port, protocol: granted.protocol, listener: stranger },
      });
    }
    const [move] = (await registry.reassign(resource, { port: name, reason: 'its port was taken' })).moved;
    report(`${what}; moved to ${move!.to}`);
    moved = true;
  }
  return moved;
}

/** Stops only listeners that provably belong to an earlier run of the resource. */
async function endLeftover(ref: PortRef, resource: string, report: Report): Promise<void> {
  for (const it of await listenersOn(ref)) {
    if (it.pid === null) continue;
    // Read before the proof, so that a reused pid is never killed.
    const identity = identityOf(it.pid);
    if (!runOf(it, resource) || (await endListener(ref, identity)) === 'gone before') continue;
    await socketsClosed(ref);
    report(`stopped ${describeListener(it)}, which an earlier run of ${resource} left on ${formatPort(ref)}`);
  }
}

/** service.json names no instance, so a process in the resource's folder on this port counts as the instance. */
function runsFor({ resource: runs, certain }: Listener, resource: string): boolean {
  return runs === resource || (certain === false && runs === baseOf(resource));
}

function wayToMove(resource: string, name: string, isOwn: boolean): string {
  return isOwn ? 'vports run --on-conflict move' : `vports reassign ${resource} --port ${name}`;
}

function runsAlready(resource: string, ref: PortRef, listener: Listener, replaces: boolean): VportsError {
  return new VportsError(
    'CONFLICT',
    `${resource} is already running: ${formatPort(ref)} is used by ${describeListener(listener)}`,
    {
      hint: `${replaces ? 'stop it with `vports run --replace`; ' : ''}${baseOf(resource)}@NAME runs a second copy`,
      details: { port: ref.port, protocol: ref.protocol, listener },
    },
  );
}
