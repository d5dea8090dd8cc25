import { setTimeout as pause } from 'node:timers/promises';
import { formatPort, type PortRef, portKey } from '../../../events/port.js';
import { isWithin } from '../../host/process-tree.js';
import { socketTable } from '../../host/sockets.js';
import { renderListener } from '../../render/ports.js';

const PATIENCE = 30_000;

/**
 * Says when each port is bound by the process tree of `pid`, or by somebody else, and after half a minute which are not.
 * Only the system's tables are read: a bind probe could take the port in the very moment the command wants it.
 * Ends with `stopped`; gives the ports that were never bound.
 */
export async function watchPorts(
  ports: PortRef[],
  pid: number,
  stopped: AbortSignal,
  tell: (line: string) => void,
): Promise<PortRef[]> {
  let open = ports;
  let warned = false;
  const start = Date.now();
  for (let wait = 25; open.length > 0 && !stopped.aborted; wait = Math.min(wait * 2, 1_000)) {
    open = await stillOpen(open, pid, tell);
    if (!warned && open.length > 0 && Date.now() - start > PATIENCE) {
      warned = true;
      tell(`warning: nothing has bound ${open.map(formatPort).join(', ')} in ${PATIENCE / 1000} seconds`);
    }
    await pause(wait, undefined, { signal: stopped }).catch(() => undefined);
  }
  return stillOpen(open, pid, tell);
}

async function stillOpen(ports: PortRef[], pid: number, tell: (line: string) => void): Promise<PortRef[]> {
  if (ports.length === 0) return ports;
  const wanted = new Set(ports.map(portKey));
  const table = await socketTable();
  const bound = (await table.listeners((it) => wanted.has(portKey(it)))).filter((it) => !it.connected);
  return ports.filter((ref) => {
    const found = bound.filter((it) => portKey(it) === portKey(ref));
    if (found.length === 0) return true;
    const own = found.find((it) => it.pid !== null && isWithin(it.pid, pid));
    tell(
      own
        ? `${formatPort(ref)} is bound by ${renderListener(own)}`
        : `warning: ${formatPort(ref)} is bound by ${renderListener(found[0]!)}, which this command did not start`,
    );
    return false;
  });
}
