import { readFileSync } from 'node:fs';
import { comparePorts, type PortKey, type PortRef, portKey } from '../../events/port.js';
import { attempt } from '../attempt.js';
import { type Listener, unknownListener } from './listener.js';

export interface BoundSocket extends Listener {
  /** Inode of the socket; 0 if no process has it open. */
  inode: number;
  uid: number;
}

/** States of include/net/tcp_states.h: listening, and waiting for stray packets, which does not prevent a bind. */
const [LISTEN, TIME_WAIT] = ['0A', '06'];
const ESTABLISHED = '01';

const TABLES = [
  ['tcp', 'tcp'],
  ['tcp6', 'tcp'],
  ['udp', 'udp'],
  ['udp6', 'udp'],
] as const;

/** All ports taken by a socket of this machine, from the tables of proc_net(5). */
export function boundPorts(): PortRef[] {
  const found = new Map<PortKey, PortRef>();
  for (const [table, protocol] of TABLES) {
    const text = textOf(table);
    for (let row = text.indexOf('\n') + 1; row > 0 && row < text.length; row = text.indexOf('\n', row) + 1) {
      // `  12: 0100007F:7530 00000000:0000 0A …`: searching for the two words is faster than a split.
      const local = text.indexOf(':', text.indexOf(':', row) + 1) + 1;
      const state = text.indexOf(' ', text.indexOf(':', local)) + 1;
      if (protocol === 'tcp' && text.startsWith(TIME_WAIT, state)) continue;
      const port = Number.parseInt(text.slice(local, local + 4), 16);
      if (port > 0) found.set(portKey({ protocol, port }), { protocol, port });
    }
  }
  return [...found.values()];
}

/** All sockets that take a wanted port, without accepted connections, which have the port of their server. Empty if the system has no such tables. */
export function boundSockets(wanted: (ref: PortRef) => boolean): BoundSocket[] {
  const found: BoundSocket[] = [];
  for (const [table, protocol] of TABLES) {
    for (const row of textOf(table).split('\n').slice(1).filter(Boolean)) {
      const [, local = '', , state, , , , uid, , inode] = row.trim().split(/\s+/);
      const [address = '', hex = ''] = local.split(':');
      const port = Number.parseInt(hex, 16);
      if (port === 0 || (protocol === 'tcp' && state === TIME_WAIT) || !wanted({ protocol, port })) continue;
      found.push({
        ...unknownListener(protocol, port),
        address: addressOf(address),
        connected: protocol === 'tcp' ? state !== LISTEN : state === ESTABLISHED,
        uid: Number(uid),
        inode: Number(inode),
      });
    }
  }
  const served = new Set(found.filter((it) => !it.connected).map(portKey));
  return found.filter((it) => !it.connected || !served.has(portKey(it))).sort(comparePorts);
}

/** The tables contain addresses as 32-bit words in the machine's byte order, which is little-endian on every Linux in use. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
  return bytes.length === 4 ? bytes.join('.') : ipv6(bytes);
}

/** RFC 5952: the longest run of zero groups is shortened. */
function ipv6(bytes: number[]): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[index * 2]! << 8) | bytes[index * 2 + 1]!).toString(16),
  );
  const runs = [
    ...groups
      .map((group) => (group === '0' ? '0' : '-'))
      .join('')
      .matchAll(/0{2,}/g),
  ];
  const longest = runs.sort((a, b) => b[0].length - a[0].length)[0];
  if (!longest) return groups.join(':');
  const end = longest.index + longest[0].length;
  return `${groups.slice(0, longest.index).join(':')}::${groups.slice(end).join(':')}`;
}

function textOf(table: string): string {
  return attempt(() => readFileSync(`/proc/net/${table}`, 'latin1')) ?? '';
}
