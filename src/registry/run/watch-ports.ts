import { setTimeout as pause } from 'node:timers/promises';
import { formatPort, type PortRef, portKey } from '../../../events/port.js';
import { describeListener } from '../../host/describe-listener.js';
import { isWithin } from '../../host/process-tree.js';
import { socketTable } from '../../host/sockets.js';
import { identityOf, type ProcessIdentity } from '../../process/identity.js';

const PATIENCE = 30_000;

interface Watch {
  report: (line: string) => void;
  /** A message for a bound port instead of its process: the URL. */
  about: (ref: PortRef) => string | undefined;
  servers: Map<number, ProcessIdentity>;
  /** Give up after this many milliseconds, instead of warning once. */
  timeout?: number | undefined;
}

/**
 * Says when each port is bound by the process tree of `pid`, or by somebody else, and after half a minute which are not.
 * Only the system's tables are read: a bind probe could take the port in the very moment the command wants it.
 * Ends with `stopped`, or with `timeout`; gives the ports that were never bound.
 */
export async function watchPorts(
  ports: PortRef[],
  pid: number,
  stopped: AbortSignal,
  watch: Watch,
): Promise<PortRef[]> {
  const { report, timeout } = watch;
  let open = ports;
  let warned = timeout !== undefined;
  const start = performance.now();
  for (let wait = 25; open.length > 0 && !stopped.aborted; wait = Math.min(wait * 2, 1_000)) {
    open = await stillOpen(open, pid, watch);
    const waited = performance.now() - start;
    if (timeout !== undefined && waited > timeout) return open;
    if (!warned && open.length > 0 && waited > PATIENCE) {
      warned = true;
      report(
        `warning: nothing listens on ${open.map(formatPort).join(', ')} after ${PATIENCE / 1000} seconds`,
      );
    }
    const left = timeout === undefined ? wait : Math.min(wait, Math.max(1, timeout - waited));
    await pause(left, undefined, { signal: stopped }).catch(() => undefined);
  }
  return stillOpen(open, pid, watch);
}

/** When to look for unexpected ports, in milliseconds after the start. */
const LOOKS = [1_000, 2_000, 4_000, 8_000, 16_000];

/**
 * Says which ports the process tree of `pid` listens on that are none of the run's: a program that has not read PORT, or the second of two
 * that were given one PORT.
 */
export async function watchElsewhere(
  ports: PortRef[],
  pid: number,
  stopped: AbortSignal,
  report: Watch['report'],
): Promise<void> {
  const known = new Set(ports.map(portKey));
  const start = performance.now();
  for (const at of LOOKS) {
    await pause(at - (performance.now() - start), undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) return;
    const table = await socketTable();
    for (const it of await table.listeners((ref) => !known.has(portKey(ref)))) {
      if (it.connected || it.protocol !== 'tcp' || it.pid === null || !isWithin(it.pid, pid)) continue;
      if (known.has(portKey(it))) continue;
      known.add(portKey(it));
      report(
        `note: ${describeListener(it)} listens on ${formatPort(it)}, but this run has ${ports.map(formatPort).join(', ')}`,
      );
    }
  }
}

async function stillOpen(
  ports: PortRef[],
  pid: number,
  { report, about, servers }: Watch,
): Promise<PortRef[]> {
  if (ports.length === 0) return ports;
  const wanted = new Set(ports.map(portKey));
  const table = await socketTable();
  const bound = (await table.listeners((it) => wanted.has(portKey(it)))).filter((it) => !it.connected);
  return ports.filter((ref) => {
    const found = bound.filter((it) => portKey(it) === portKey(ref));
    if (found.length === 0) return true;
    const own = found.find((it) => it.pid !== null && isWithin(it.pid, pid));
    if (own) servers.set(own.pid!, identityOf(own.pid!));
    report(
      own
        ? (about(ref) ?? `${formatPort(ref)} is bound by ${describeListener(own)}`)
        : `warning: ${formatPort(ref)} is used by ${describeListener(found[0]!)}, which this command did not start`,
    );
    return false;
  });
}

/** Returns ports without a listener after `timeout` milliseconds. */
export async function waitForPorts(ports: PortRef[], timeout: number): Promise<PortRef[]> {
  const table = await socketTable();
  const start = performance.now();
  for (let wait = 25; ; wait = Math.min(wait * 2, 500)) {
    const wanted = new Set(ports.map(portKey));
    const bound = await table.listeners((it) => wanted.has(portKey(it)));
    const listening = new Set(bound.filter(({ connected }) => !connected).map(portKey));
    const open = ports.filter((it) => !listening.has(portKey(it)));
    if (open.length === 0 || performance.now() - start > timeout) return open;
    await pause(wait);
  }
}
