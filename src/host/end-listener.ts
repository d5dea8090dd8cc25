import { setTimeout as pause } from 'node:timers/promises';
import type { PortRef } from '../../events/port.js';
import { errno, VportsError } from '../errors.js';
import { livenessOf, type ProcessIdentity } from '../process/identity.js';
import { sameAs, socketTable } from './sockets.js';

/** How long a process has to end by itself after SIGTERM, and how long the system has after SIGKILL. Milliseconds. */
const GRACE = 5_000;
const LAST = 5_000;

/**
 * Ends a process that listens on a port: SIGTERM, and SIGKILL five seconds later if it still listens. Throws CONFLICT if it does not
 * end.
 */
export async function endListener(
  ref: PortRef,
  identity: ProcessIdentity,
): Promise<'ended' | 'let go' | 'gone before'> {
  if (!(await signal(ref, identity, 'SIGTERM'))) return 'gone before';
  if (await gone(identity, GRACE)) return 'ended';
  // A process that has closed the port meanwhile is left alone.
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

/** Waits until the port is free: threads of an ended process may hold the socket a moment longer. */
export async function socketsClosed(ref: PortRef): Promise<void> {
  const table = await socketTable();
  for (const deadline = Date.now() + LAST; Date.now() < deadline; await pause(10)) {
    if (!(await table.listeners(sameAs(ref))).some(({ pid }) => pid === null)) return;
  }
}
