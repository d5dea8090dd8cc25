import { setTimeout as pause } from 'node:timers/promises';
import { leaseFacts } from '../../../events/lease.js';
import { MAIN } from '../../../events/names.js';
import { formatPort, type PortRef, portKey, refOf } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { portDropped, withPortOption } from '../../adapters/index.js';
import { EXIT_CODES, errno, VportsError, type Warning } from '../../errors.js';
import { groupWith } from '../../host/process-facts.js';
import { formatDuration } from '../../policy/duration.js';
import { identityOf, livenessOf, type ProcessIdentity } from '../../process/identity.js';
import { type Ended, runChild } from '../../process/run-child.js';
import { isChosen, parsePortChoice } from '../decide/port-choice.js';
import { holdingsOf, type View } from '../decide/view.js';
import {
  type AskedVariable,
  type Here,
  namesOf,
  type PortHere,
  portAsked,
  portNamed,
  portsOf,
  refuseClash,
  SLUG_VARIABLE,
  slugOf,
  type Target,
  urlOf,
} from '../here/index.js';
import { requirePortChoice } from '../input.js';
import { waitingWarnings } from '../state/pending-claims.js';
import { RESOURCE_VARIABLE } from '../state/resource-of-process.js';
import type { GrantedPort } from '../write/outcome.js';
import { endRun, RUN_VARIABLE, recordRun } from './recorded-runs.js';
import {
  keepLeased,
  type OnConflict,
  type OwnPorts,
  type PortsForARun,
  releaseLeases,
  takeOwnPorts,
} from './run-leases.js';
import { waitForPorts, watchElsewhere, watchPorts } from './watch-ports.js';

export interface Run {
  /** Port names of the first resource; default: those it holds and those of service.json, or `main`. */
  ports?: string[] | undefined;
  /** Extra variables: VAR=NAME of the first resource, or VAR=RESOURCE/NAME. */
  env: AskedVariable[];
  /** Milliseconds to wait for listeners: of other resources before the start, of its own afterwards. */
  wait?: number | undefined;
  onConflict: OnConflict;
  command: string[];
  cwd?: string | undefined;
}

export interface RunPlace {
  /** The ports of the first target are the command's own. */
  targets: [Target, ...Target[]];
  here: Here | undefined;
  isOwn: boolean;
  /** Lease missing ports to the folder; else for the run. */
  keeps: boolean;
  /** Whether to pass the port as an option to programs that ignore PORT. */
  adapts: boolean;
  view: View;
  look: () => Promise<View>;
  /** Holdings of another project are used, but nothing is leased for it. */
  isForeign: (holding: Holding) => boolean;
  once: (what: string) => boolean;
}

type Report = (line: string) => void;

/** Grace period for servers to stop, in milliseconds. */
const GRACE = 5_000;

const SAID: Warning['code'][] = ['VARIABLE_REFUSED', 'CLAIMED_ON_BRANCH'];

const ENDING: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Runs a command on the ports of its resources: leases missing ports, sets the environment, and releases the leases of the run at its
 * end. Returns the command's exit status.
 * Throws PORT_IN_USE if a stranger uses a port, CONFLICT if another run of the resource has its lease, NOT_LISTENING, and
 * NO_COMMAND or CANNOT_RUN if the command never ran.
 */
export async function runCommand(
  registry: PortsForARun,
  request: Run,
  place: RunPlace,
  report: Report,
): Promise<number> {
  const { targets, here, isOwn, keeps, adapts, view, look, isForeign, once } = place;
  const [first, ...others] = targets;
  const waiting = new Map([...foreignPorts(first, view, isForeign), ...waitingPorts(first, view)]);
  const own: OwnPorts = {
    resource: first.resource,
    ports: namesFor(first, request.ports, view)?.filter((it) => !waiting.has(it.split(/[/=]/)[0]!)),
    waiting,
    folder: first.lease ?? (keeps ? here?.lease : undefined),
    onConflict: request.onConflict,
    isOwn,
  };
  const { grants, lease } = await takeOwnPorts(registry, own, report);
  const warnings = [...waitingWarnings(view, [...waiting.values()]), ...grants.warnings];
  for (const { message } of warnings.filter(({ code }) => SAID.includes(code))) report(`warning: ${message}`);
  const exposed = warnings.find(({ code }) => code === 'EPHEMERAL_RANGE');
  if (exposed && once('exposed'))
    for (const it of [`warning: ${exposed.message}`, `  ${exposed.hint}`]) report(it);
  const bound = [...grants.ports].map(
    ([name, { port, protocol }]): PortHere => ({ port, protocol, ...portNamed(first, name) }),
  );
  const shared: PortHere[] = [];
  let further: Record<string, string>;
  try {
    for (const it of others) shared.push(...(await portsOf(it, view, registry, look)));
    refuseClash([...bound, ...shared]);
    further = Object.fromEntries(
      request.env.map((it) => [it.variable, String(portAsked(it, first.resource, bound, shared).port)]),
    );
    await requireListening(shared, request.wait);
  } catch (error) {
    await releaseLeases(registry, own, grants, report);
    throw error;
  }
  const main = bound.find(({ name }) => name === MAIN) ?? (bound.length === 1 ? bound[0] : undefined);
  const env = {
    ...process.env,
    [RESOURCE_VARIABLE]: first.resource,
    [SLUG_VARIABLE]: slugOf(first.resource),
    [RUN_VARIABLE]: recordRun(first.resource),
    ...(isOwn && main && { PORT: String(main.port) }),
    ...variablesOf([...bound, ...shared]),
    ...further,
  };
  const command = adapts && main ? withPortOption(request.command, main.port, request.cwd) : request.command;
  const dropped = adapts && main ? await portDropped(request.command, request.cwd) : undefined;
  if (dropped !== undefined) report(`note: ${dropped}`);
  const stopRenewing = keepLeased(grants, lease, report);
  const watched = { ports: bound, isOwn, timeout: request.wait, cwd: request.cwd };
  const { status, never, unbound } = await runWatched(command, env, watched, report);
  stopRenewing();
  endRun(env[RUN_VARIABLE]);
  await releaseLeases(registry, own, grants, report);
  if (never !== undefined) throw neverRan(command[0]!, { never, status });
  if (request.wait !== undefined && unbound !== undefined) throw notListening(unbound, request.wait);
  return status;
}

function namesFor(target: Target, asked: string[] | undefined, view: View): string[] | undefined {
  const held = namesOf(target, view);
  const wanted = asked?.map((text) => heldAs(target, text, held, view)) ?? [];
  const declared = new Set(target.folder?.service?.ports.map(({ name }) => name));
  // With explicit names, declared ports are left out, but held ones are still set.
  const others = held.filter(
    ({ name }) => asked === undefined || !declared.has(name) || isHeld(view, target, name),
  );
  const all = [...new Set([...wanted, ...others.map(({ name, protocol }) => `${name}/${protocol}`)])];
  return all.length > 0 ? all : undefined;
}

function heldAs({ resource }: Target, text: string, known: ReturnType<typeof namesOf>, view: View): string {
  const choice = parsePortChoice(requirePortChoice(text));
  const found =
    holdingsOf(view, resource).find((it) => isChosen(it, choice)) ??
    known.find(({ name }) => choice.port === undefined && name === choice.name);
  return found ? `${found.name}/${found.protocol}` : text;
}

function isHeld(view: View, { resource }: Target, name: string): boolean {
  return [view.registry, view.host].some((log) => log.of(resource).some((it) => it.name === name));
}

function waitingPorts(target: Target, view: View): [string, GrantedPort][] {
  const own = [...(view.waiting ?? [])].filter(([, { resource }]) => resource === target.resource);
  return own.map(([key, { name }]) => [name, answered(target, { ...refOf(key), name })]);
}

function foreignPorts(target: Target, view: View, isForeign: RunPlace['isForeign']): [string, GrantedPort][] {
  const held = holdingsOf(view, target.resource).filter((it) => !it.lease && isForeign(it));
  return held.map((it) => [it.name, answered(target, it)]);
}

function answered(target: Target, { port, protocol, name }: PortRef & { name: string }): GrantedPort {
  const env = portNamed(target, name).variables[0]!;
  return { port, protocol, range: null, ...leaseFacts(undefined), created: false, env };
}

function variablesOf(ports: PortHere[]): Record<string, string> {
  return Object.fromEntries(
    ports.flatMap(({ variables, port }) => variables.map((it) => [it, String(port)])),
  );
}

/** Other resources must be listening before the command starts. */
async function requireListening(ports: PortHere[], timeout: number | undefined): Promise<void> {
  if (timeout === undefined || ports.length === 0) return;
  const missing = await waitForPorts(ports, timeout);
  if (missing.length > 0) throw notListening(missing, timeout);
}

interface Watched {
  ports: PortHere[];
  isOwn: boolean;
  timeout: number | undefined;
  cwd: string | undefined;
}

/** Returns ports that were never bound; undefined if the command ended without waiting for them. */
async function runWatched(
  command: string[],
  env: NodeJS.ProcessEnv,
  { ports, isOwn, timeout, cwd }: Watched,
  report: Report,
): Promise<Pick<Ended, 'status' | 'never'> & { unbound: PortRef[] | undefined }> {
  const stop = new AbortController();
  let watching: Promise<PortRef[]> = Promise.resolve([]);
  let elsewhere: Promise<void> = Promise.resolve();
  let gaveUp: PortRef[] | undefined;
  const about = (ref: PortRef) => {
    const port = ports.find((it) => portKey(it) === portKey(ref));
    return isOwn && port?.protocol === 'tcp' ? urlOf(port) : undefined;
  };
  const servers = new Map<number, ProcessIdentity>();
  const { status, never, forwarded } = await runChild(command, { env, cwd }, (pid, end) => {
    if (isOwn) elsewhere = watchElsewhere(ports, pid, stop.signal, report);
    watching = watchPorts(ports, pid, stop.signal, { report, about, servers, timeout }).then((unbound) => {
      if (unbound.length > 0 && timeout !== undefined && !stop.signal.aborted) {
        gaveUp = unbound;
        end();
      }
      return unbound;
    });
  });
  stop.abort();
  const [unbound] = await Promise.all([watching, elsewhere]);
  const ending = ENDING.find((it) => it === forwarded) ?? (gaveUp && 'SIGTERM');
  if (ending)
    await endLeft(
      [...servers.values(), ...groupWith(RUN_VARIABLE, String(env[RUN_VARIABLE])).map(identityOf)],
      ending,
    );
  if (never === undefined && unbound.length > 0 && !gaveUp)
    report(`warning: the command ended without binding ${unbound.map(formatPort).join(', ')}`);
  return { status, never, unbound: gaveUp };
}

function neverRan(
  command: string,
  { never, status }: Required<Pick<Ended, 'never' | 'status'>>,
): VportsError {
  const name = JSON.stringify(command.slice(0, 200));
  return status === EXIT_CODES.NO_COMMAND
    ? new VportsError('NO_COMMAND', `command not found: ${name}`, {
        hint: 'pass its path, or check PATH',
      })
    : new VportsError('CANNOT_RUN', `cannot execute ${name} (${never})`, {
        hint: 'check its permissions with `ls -l`',
      });
}

/** A killed shell or npm may leave its children, which would keep the port. */
async function endLeft(servers: ProcessIdentity[], signal: NodeJS.Signals): Promise<void> {
  const left = () => servers.filter((it) => livenessOf(it) === 'alive');
  for (const { pid } of left()) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (errno(error) !== 'ESRCH') throw error;
    }
  }
  for (const deadline = performance.now() + GRACE; performance.now() < deadline; await pause(20))
    if (left().length === 0) return;
}

function notListening(ports: PortRef[], timeout: number): VportsError {
  const numbers = ports.map(formatPort).join(', ');
  return new VportsError('NOT_LISTENING', `nothing listens on ${numbers} after ${formatDuration(timeout)}`, {
    hint: 'start it, or wait longer: --timeout 2m',
    details: { ports: ports.map(({ port, protocol }) => ({ port, protocol })), timeout },
  });
}
