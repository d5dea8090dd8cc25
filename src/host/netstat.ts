import type { Protocol } from '../../events/port.js';
import { type Listener, unknownListener } from './listener.js';
import { outputOf } from './programs.js';
import type { SocketTable } from './socket-table.js';

/** Windows: sockets by netstat, names of processes by tasklist. */
export const netstat: SocketTable = {
  bound: look,
  listeners: async (wanted) => {
    const found = (await look()).filter(wanted);
    if (found.length === 0) return found;
    const names = parseTasklist(await outputOf('tasklist', ['/fo', 'csv', '/nh']));
    return found.map((it) => ({ ...it, process: (it.pid !== null && names.get(it.pid)) || null }));
  },
};

async function look(): Promise<Listener[]> {
  return parseNetstat(await outputOf('netstat', ['-ano']));
}

/** Parses `netstat -ano`. The name of the state is localised, so a listener is recognised by port 0 of its foreign address. */
export function parseNetstat(output: string): Listener[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*(TCP|UDP)\s+(\S+):(\d+)\s+(\S+):(\d+|\*)\s+(?:(\S+)\s+)?(\d+)\s*$/.exec(line);
    if (!match) return [];
    const [, protocol, address, port, , foreign, , pid] = match;
    if (protocol === 'TCP' && foreign !== '0') return [];
    return [
      {
        ...unknownListener(protocol!.toLowerCase() as Protocol, Number(port)),
        address: address!.replace(/^\[|\]$/g, ''),
        pid: Number(pid),
      },
    ];
  });
}

/** Parses `tasklist /fo csv /nh`: each line starts with name and pid. */
export function parseTasklist(output: string): Map<number, string> {
  return new Map(
    output.split(/\r?\n/).flatMap((line): [number, string][] => {
      const match = /^"((?:[^"]|"")*)","(\d+)"/.exec(line);
      return match ? [[Number(match[2]), match[1]!.replaceAll('""', '"')]] : [];
    }),
  );
}
