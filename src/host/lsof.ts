import type { Protocol } from '../../events/port.js';
import { type Listener, unknownListener } from './listener.js';
import { outputOf } from './programs.js';
import type { SocketTable } from './socket-table.js';

/** macOS: sockets by lsof(8), command lines and start times by ps(1). */
export const lsof: SocketTable = {
  bound: look,
  listeners: async (wanted) => {
    const found = (await look()).filter(wanted);
    const pids = [...new Set(found.flatMap(({ pid }) => pid ?? []))];
    if (pids.length === 0) return found;
    const facts = parsePs(
      await outputOf('ps', ['-ww', '-o', 'pid=,lstart=,command=', '-p', pids.join(',')], { LC_ALL: 'C' }),
    );
    return found.map((it) => ({ ...it, ...(it.pid !== null && facts.get(it.pid)) }));
  },
};

async function look(): Promise<Listener[]> {
  return parseLsof(await outputOf('lsof', ['-nP', '+c0', '-iTCP', '-sTCP:LISTEN', '-iUDP', '-F0pcLfPn']));
}

/** Parses `lsof -F0`: a line per process (p pid, c command, L user) or open file (P protocol, n address), fields terminated by NUL. */
export function parseLsof(output: string): Listener[] {
  const found: Listener[] = [];
  let owner: Pick<Listener, 'pid' | 'process' | 'user'> = { pid: null, process: null, user: null };
  for (const line of output.split('\n')) {
    const fields = line.split('\0').filter(Boolean);
    const field = new Map(fields.map((it) => [it[0], it.slice(1)]));
    const [process = null, user = null] = [field.get('c'), field.get('L')];
    if (field.has('p')) owner = { pid: Number(field.get('p')), process, user };
    const [local = '', peer] = (field.get('n') ?? '').split('->');
    const port = Number(local.slice(local.lastIndexOf(':') + 1));
    const protocol = field.get('P')?.toLowerCase();
    if ((protocol !== 'tcp' && protocol !== 'udp') || !(port > 0)) continue;
    found.push({
      ...unknownListener(protocol as Protocol, port),
      ...owner,
      address: local.slice(0, local.lastIndexOf(':')).replace(/^\[|\]$/g, ''),
      connected: peer !== undefined,
    });
  }
  return found;
}

/** Parses `ps -o pid=,lstart=,command=`; the start time is five words in local time. */
export function parsePs(output: string): Map<number, Pick<Listener, 'process' | 'started'>> {
  const lines = output.matchAll(/^ *(\d+) +(\w{3} +\w{3} +\d+ +[\d:]{8} +\d{4}) +(.*)$/gm);
  return new Map(
    [...lines].map(([, pid, start, process]) => {
      const started = new Date(start!);
      const isKnown = !Number.isNaN(started.getTime());
      return [Number(pid), { process: process!, started: isKnown ? started.toISOString() : null }];
    }),
  );
}
