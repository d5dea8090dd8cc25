import { setTimeout as pause } from 'node:timers/promises';
import { formatPort, type PortRef } from '../../../events/port.js';
import { VportsError } from '../../errors.js';
import { endListener, socketsClosed } from '../../host/end-listener.js';
import type { Listener } from '../../host/listener.js';
import { listenersOn } from '../../host/listeners-on-port.js';
import { protection } from '../../host/process-kind.js';
import { sameAs, socketTable } from '../../host/sockets.js';
import { identityOf, type ProcessIdentity } from '../../process/identity.js';
import { protectedClaim } from '../decide/protected-claim.js';
import { holderAt, type View } from '../decide/view.js';
import { livenessOfOwner } from '../state/dead-leases.js';
import { attributeListeners, holdsIn } from '../state/resource-of-process.js';

/** How long to watch for a restarted process, in milliseconds. */
const SETTLING = 250;
/** A forking server may leave listening children, so look again this many times. */
const ROUNDS = 64;

type Confirm = (orphans: Listener[]) => Promise<boolean>;

export interface Killed {
  ended: Listener[];
  /** Processes that freed the port but still run. */
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
      // The port may have been registered while the user was asked.
      if (!(await orphansOn(ref, await look(), true)).some((it) => it.identity.pid === identity.pid))
        continue;
      const how = await endListener(ref, identity);
      if (how !== 'gone before') killed[how === 'ended' ? 'ended' : 'letGo'].push(listener);
    }
  }
  throw new VportsError(
    'CONFLICT',
    `killed ${killed.ended.length} processes on ${formatPort(ref)}, but each time another one started`,
    {
      hint: 'something restarts them: `vports who` shows the process, `ps -o ppid= PID` its parent',
      details: { port: ref.port, protocol: ref.protocol, ended: killed.ended },
    },
  );
}

interface Orphan {
  listener: Listener;
  identity: ProcessIdentity;
}

async function orphansOn(ref: PortRef, view: View, afterwards: boolean): Promise<Orphan[]> {
  if (afterwards) await socketsClosed(ref);
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

async function anotherOr(ref: PortRef, patience: number): Promise<void> {
  const table = await socketTable();
  for (const deadline = Date.now() + patience; Date.now() < deadline; await pause(10)) {
    if ((await table.listeners(sameAs(ref))).some(({ pid, connected }) => pid !== null && !connected)) return;
  }
}

function nothingListens(ref: PortRef, [client]: Listener[]): VportsError {
  const port = formatPort(ref);
  const taken = client ? `; process ${client.pid} uses it as the local end of a connection` : '';
  return new VportsError('NOT_HELD', `nothing listens on ${port}${taken}`, {
    hint: client ? 'vports never kills clients' : `to release the registered port, use \`vports release\``,
    details: { port: ref.port, protocol: ref.protocol },
  });
}

function noOrphan(
  ref: PortRef,
  { process, pid }: Listener,
  { why, hint }: { why: string; hint: string },
): VportsError {
  const who = pid === null ? 'the listener' : `process ${pid} (${process})`;
  return new VportsError('CONFLICT', `refusing to kill ${who} on ${formatPort(ref)}: ${why}`, {
    hint,
    details: { port: ref.port, protocol: ref.protocol, pid },
  });
}
