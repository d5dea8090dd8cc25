import { readFileSync } from 'node:fs';
import type { Protocol } from '../../events/port.js';
import { type Listener, unseen } from './listener.js';

/** A row of the socket tables: the listener, and what tells whose it is. */
export interface BoundSocket extends Listener {
  /** Inode of the socket; 0 for one that no process holds any more. */
  inode: number;
  uid: number;
}

/** States of include/net/tcp_states.h: a server's socket, and one that only waits for stray packets and gives way to a bind. */
const [LISTEN, TIME_WAIT] = ['0A', '06'];
/** UDP knows two: connected to a peer, and not. */
const ESTABLISHED = '01';

/**
 * Every socket of this machine that takes a port, in one look, from the tables of proc_net(5). A connection that a server
 * has accepted has the server's own port, and is left out. Empty where the system has no such tables.
 */
export function boundSockets(): BoundSocket[] {
  const found: BoundSocket[] = [];
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6'] as const) {
    const protocol: Protocol = table.startsWith('tcp') ? 'tcp' : 'udp';
    for (const row of rowsOf(`/proc/net/${table}`)) {
      const [, local = '', , state, , , , uid, , inode] = row.trim().split(/\s+/);
      if (protocol === 'tcp' && state === TIME_WAIT) continue;
      const [address = '', hex = ''] = local.split(':');
      const port = Number.parseInt(hex, 16);
      if (port > 0)
        found.push({
          ...unseen(protocol, port),
          address,
          connected: protocol === 'tcp' ? state !== LISTEN : state === ESTABLISHED,
          uid: Number(uid),
          inode: Number(inode),
        });
    }
  }
  const served = new Set(found.filter((it) => !it.connected).map((it) => `${it.protocol}/${it.port}`));
  return found
    .filter((it) => !it.connected || !served.has(`${it.protocol}/${it.port}`))
    .sort((a, b) => a.port - b.port)
    .map((it) => ({ ...it, address: addressOf(it.address!) }));
}

/** Addresses stand in the tables as 32-bit words in the machine's byte order, which is little on every Linux in use. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) =>
    (word.match(/../g) ?? []).reverse().map((byte) => Number.parseInt(byte, 16)),
  );
  return bytes.length === 4 ? bytes.join('.') : ipv6(bytes);
}

/** RFC 5952: the longest run of zero groups shortened. */
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

function rowsOf(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split('\n').slice(1).filter(Boolean);
  } catch {
    return [];
  }
}
