import { setTimeout as pause } from 'node:timers/promises';
import { formatPort, type PortRef } from '../../../events/port.js';
import { errno, VportsError } from '../../errors.js';
import type { Listener } from '../../host/listener.js';
import { listenersOn } from '../../host/listeners-on-port.js';
import { protection } from '../../host/process-kind.js';
import { sameAs, socketTable } from '../../host/sockets.js';
import { identityOf, livenessOf, type ProcessIdentity } from '../../process/identity.js';
import { protectedClaim } from '../decide/protected-claim.js';
import { holderAt, type View } from '../decide/view.js';
import { livenessOfOwner } from '../state/dead-leases.js';
import { attributeListeners, holdsIn } from '../state/resource-of-process.js';

/** How long a process has to end by itself after SIGTERM, and how long the system has after SIGKILL. Milliseconds. */
const GRACE = 5_000;
const LAST = 5_000;
/** How long is waited for another one to come in the place of those that have ended. Milliseconds. */
const SETTLING = 250;
/** A server that forks may leave children that go on listening: they are looked at anew, each as its own process. */
const ROUNDS = 64;

type Confirm = (orphans: Listener[]) => Promise<boolean>;

export interface Killed {
  ended: Listener[];
  /** Those that closed the port when told to end, and run on. */
  letGo: Listener[];
}

/**
 * Ends the orphans on a port: listeners that no live lease or allocation gives it, and that nobody looks after.
 * Throws NOT_HELD where nothing listens, CONFLICT where one of them is no orphan or does not end, or where others come for
 * those that have ended.
 */
export async function endOrphans(ref: PortRef, look: () => Promise<View>, confirm: Confirm): Promise<Killed> {
  const killed: Killed = { ended: [], letGo: [] };
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) await anotherOr(ref, SETTLING);
    const orphans = await orphansOn(ref, await look(), round > 0);
    if (orphans.length === 0 || !(await confirm(orphans.map(({ listener }) => listener)))) return killed;
    for (const { listener, identity } of orphans) {
      // Somebody may have put the port on record while the question stood.
      if (!(await orphansOn(ref, await look(), true)).some((it) => it.identity.pid === identity.pid))
        continue;
      const how = await end(ref, identity);
      if (how !== 'gone before') killed[how === 'ended' ? 'ended' : 'letGo'].push(listener);
    }
  }
  throw new VportsError(
    'CONFLICT',
    `${killed.ended.length} processes on ${formatPort(ref)} were ended, and each time another came`,
    {
      hint: 'something starts them anew: `vports who` shows the process, `ps -o ppid= PID` what has started it',
      details: { port: ref.port, protocol: ref.protocol, ended: killed.ended },
    },
  );
}

interface Orphan {
  listener: Listener;
  identity: ProcessIdentity;
}

async function orphansOn(ref: PortRef, view: View, afterwards: boolean): Promise<Orphan[]> {
  if (afterwards) await closed(ref);
  const found = await listenersOn(ref);
  const servers = attributeListeners(
    found.filter(({ connected }) => !connected),
    { holder: holderAt(view, ref), isResource: holdsIn(view) },
  );
  if (servers.length === 0 && !afterwards) throw nothingListens(ref, found);
  for (const it of servers) {
    const refused =
      protectedClaim(view, ref, it, (owner, holding) => livenessOfOwner(holding, owner)) ?? protection(it);
    if (refused) throw noOrphan(ref, it, refused);
  }
  const unlike = servers.filter((it, index) => servers.findIndex(({ pid }) => pid === it.pid) === index);
  return unlike.map((listener) => ({ listener, identity: identityOf(listener.pid!) }));
}

async function end(ref: PortRef, identity: ProcessIdentity): Promise<'ended' | 'let go' | 'gone before'> {
  if (!(await signal(ref, identity, 'SIGTERM'))) return 'gone before';
  if (await gone(identity, GRACE)) return 'ended';
  // Who has let the port go in that time is no listener any more, whatever else it still does.
  if (!(await signal(ref, identity, 'SIGKILL'))) return livenessOf(identity) === 'alive' ? 'let go' : 'ended';
  if (await gone(identity, LAST)) return 'ended';
  throw new VportsError('CONFLICT', `process ${identity.pid} does not end, not even by SIGKILL`, {
    hint: 'it waits for a device or a network file system; see `ps -o stat,wchan PID`',
    details: { pid: identity.pid },
  });
}

/** The last look before the signal: the same process, not another one under its pid, and it still listens. */
async function signal(ref: PortRef, identity: ProcessIdentity, name: NodeJS.Signals): Promise<boolean> {
  const now = await (await socketTable()).listeners(sameAs(ref));
  if (!now.some((it) => it.pid === identity.pid && !it.connected) || livenessOf(identity) !== 'alive')
    return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch (error) {
    if (errno(error) === 'ESRCH') return false;
    throw error;
  }
}

async function gone(identity: ProcessIdentity, patience: number): Promise<boolean> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await pause(10)) {
    if (livenessOf(identity) !== 'alive') return true;
  }
  return false;
}

/** The threads of a process that has ended may hold its socket a moment longer, and by then it is nobody's. */
async function closed(ref: PortRef): Promise<void> {
  const table = await socketTable();
  for (const deadline = Date.now() + LAST; Date.now() < deadline; await pause(10)) {
    if (!(await table.listeners(sameAs(ref))).some(({ pid }) => pid === null)) return;
  }
}

/** What starts a server anew needs a moment for it. */
async function anotherOr(ref: PortRef, patience: number): Promise<void> {
  const table = await socketTable();
  for (const deadline = Date.now() + patience; Date.now() < deadline; await pause(10)) {
    if ((await table.listeners(sameAs(ref))).some(({ pid, connected }) => pid !== null && !connected)) return;
  }
}

function nothingListens(ref: PortRef, [client]: Listener[]): VportsError {
  const port = formatPort(ref);
  const taken = client ? `; process ${client.pid} has it as its own end of a connection` : '';
  return new VportsError('NOT_HELD', `nothing listens on ${port}${taken}`, {
    hint: client ? 'a client is never ended' : `\`vports release\` gives a port back that is only on record`,
    details: { port: ref.port, protocol: ref.protocol },
  });
}

function noOrphan(
  ref: PortRef,
  { process, pid }: Listener,
  { why, hint }: { why: string; hint: string },
): VportsError {
  const who = pid === null ? 'what listens' : `process ${pid} (${process})`;
  return new VportsError('CONFLICT', `${who} on ${formatPort(ref)} is no orphan: ${why}`, {
    hint,
    details: { port: ref.port, protocol: ref.protocol, pid },
  });
}
