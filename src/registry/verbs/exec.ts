import type { LeaseOwner } from '../../../events/envelope.js';
import { labelOf } from '../../../events/names.js';
import { formatPort, type PortRef, portKey } from '../../../events/port.js';
import { VportsError } from '../../errors.js';
import type { Listener } from '../../host/listener.js';
import { listenersOn } from '../../host/listeners-on-port.js';
import { identityOf, ownIdentity } from '../../process/identity.js';
import { runChild } from '../../process/run-child.js';
import { renderListener } from '../../render/ports.js';
import { attributeListeners, RESOURCE_VARIABLE } from '../state/resource-of-process.js';
import type { Common, GrantedPort, Grants } from '../write/outcome.js';
import { watchPorts } from './watch-ports.js';

/** What of a registry it takes to run a command on ports. */
interface PortsForARun {
  allocate(
    resource: string,
    options: Common & { ports?: string[] | undefined; dynamic: true; leaseOwner: LeaseOwner },
  ): Promise<Grants>;
  reassign(resource: string, options: Common & { port: string }): Promise<{ moved: { to: number }[] }>;
  release(resource: string, options: Common & { ports: string[] }): Promise<unknown>;
}

export interface Exec {
  resource: string;
  /** Port names; default: those of service.json, or `main`. */
  ports?: string[] | undefined;
  onConflict: 'fail' | 'move';
  command: string[];
}

/**
 * Runs a command on its resource's ports: what is missing is leased for as long as this process lives, the environment is
 * put in place, and what was leased is released at the end. Gives the command's exit status.
 * Throws PORT_IN_USE where a stranger is on a port, CONFLICT where another run of the resource has its lease.
 */
export async function exec(
  registry: PortsForARun,
  request: Exec,
  tell: (line: string) => void,
): Promise<number> {
  const { resource, command } = request;
  const lease = () =>
    registry.allocate(resource, {
      ports: request.ports,
      dynamic: true,
      leaseOwner: ownIdentity(),
      docs: false,
    });
  let grants = await lease();
  if (await moveFromStrangers(registry, grants, request, tell)) grants = await lease();

  for (const { message } of grants.warnings.filter(({ code }) => code === 'VARIABLE_REFUSED'))
    tell(`warning: ${message}`);
  const ports = [...grants.ports.values()];
  const env = {
    ...process.env,
    [RESOURCE_VARIABLE]: resource,
    ...Object.fromEntries(ports.map((it) => [it.env, String(it.port)])),
  };
  const stop = new AbortController();
  let watching: Promise<PortRef[]> = Promise.resolve([]);
  const renewing = keepLeased(grants, lease, tell);
  const { status, never } = await runChild(command, env, (pid) => {
    watching = watchPorts(ports, pid, stop.signal, tell);
  });
  stop.abort();
  clearInterval(renewing);
  const unbound = await watching;
  if (never !== undefined)
    tell(
      `error: ${JSON.stringify(command[0]!.slice(0, 200))} ${never === 'ENOENT' ? 'is not found' : `cannot be run (${never})`}`,
    );
  else if (unbound.length > 0)
    tell(`warning: the command ended without binding ${unbound.map(formatPort).join(', ')}`);
  const own = [...grants.ports].filter(([, it]) => it.lease !== null && (it.created || isOurs(grants, it)));
  const left = await handOver(registry, resource, own, tell);
  const ended = own.filter(([name]) => !left.has(name)).map(([, it]) => formatPort(it));
  if (ended.length > 0) await registry.release(resource, { ports: ended, docs: false });
  return status;
}

/**
 * A server that goes into the background outlives the command that started it: its lease becomes its own, and ends with it. Gives the
 * names of the ports that are still bound so.
 */
async function handOver(
  registry: PortsForARun,
  resource: string,
  leased: [string, GrantedPort][],
  tell: (line: string) => void,
): Promise<Set<string>> {
  const left = new Set<string>();
  for (const [name, port] of leased) {
    const [daemon] = attributeListeners(await listenersOn(port)).filter((it) => it.resource === resource);
    if (!daemon || daemon.pid === null) continue;
    const leaseOwner = identityOf(daemon.pid);
    await registry.allocate(resource, { ports: [name], dynamic: true, leaseOwner, docs: false });
    tell(
      `${formatPort(port)} is still bound by ${renderListener(daemon)}, which the command left running: its lease ends with it`,
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
      event.lease.owner?.pid === process.pid,
  );
}

/** A port that is bound before the command has started is bound by a stranger. Leases move by themselves. */
async function moveFromStrangers(
  registry: PortsForARun,
  { resource, ports }: Grants,
  { onConflict }: Exec,
  tell: (line: string) => void,
): Promise<boolean> {
  let moved = false;
  for (const [name, granted] of ports) {
    if (granted.created) continue;
    const [stranger] = attributeListeners(await listenersOn(granted));
    if (!stranger) continue;
    if (stranger.resource === resource) throw runsAlready(resource, granted, stranger);
    const what = `${formatPort(granted)} of ${labelOf({ resource, name })} is bound by ${renderListener(stranger)}`;
    if (granted.lease === null && onConflict === 'fail') {
      throw new VportsError('PORT_IN_USE', what, {
        hint: `stop it, or let ${resource} move with --on-conflict move`,
        details: { port: granted.port, protocol: granted.protocol, listener: stranger },
      });
    }
    const [move] = (await registry.reassign(resource, { port: name, reason: 'its port was taken' })).moved;
    tell(`${what}; moved to ${move!.to}`);
    moved = true;
  }
  return moved;
}

function runsAlready(resource: string, ref: PortRef, listener: Listener): VportsError {
  return new VportsError(
    'CONFLICT',
    `${resource} runs already: ${formatPort(ref)} is bound by ${renderListener(listener)}`,
    {
      hint: `${resource}@NAME is another instance, with ports of its own`,
      details: { port: ref.port, protocol: ref.protocol, listener },
    },
  );
}

/** A command may run longer than its lease: it is renewed at half its time. Null where nothing is leased. */
function keepLeased(
  grants: Grants,
  lease: () => Promise<Grants>,
  tell: (line: string) => void,
): NodeJS.Timeout | undefined {
  const ends = [...grants.ports.values()].flatMap((it) => (it.lease === null ? [] : [Date.parse(it.lease)]));
  if (ends.length === 0) return undefined;
  const half = Math.max(60_000, (Math.min(...ends) - Date.now()) / 2);
  const again = () =>
    void lease().catch((error: Error) => tell(`warning: the lease was not renewed: ${error.message}`));
  return setInterval(again, Math.min(half, 2 ** 31 - 1)).unref();
}
