import { readFileSync } from 'node:fs';
import { comparePorts, type Protocol } from '../../events/port.js';
import type { Listener } from './listener.js';
import type { BoundSocket } from './socket-owner.js';

/** TCP state LISTEN in /proc/net/tcp (include/net/tcp_states.h); a bound UDP socket shows as 07. */
const LISTEN = '0A';

/**
 * Every port of this machine that is listened on (TCP) or bound (UDP), in one look, from the tables of proc_net(5).
 * Empty where the system has no such tables.
 */
export function boundSockets(): BoundSocket[] {
  const found: BoundSocket[] = [];
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6'] as const) {
    const protocol: Protocol = table.startsWith('tcp') ? 'tcp' : 'udp';
    for (const row of rowsOf(`/proc/net/${table}`)) {
      const [, local = '', , state, , , , uid, , inode] = row.trim().split(/\s+/);
      if (protocol === 'tcp' && state !== LISTEN) continue;
      const [address = '', hex = ''] = local.split(':');
      const port = Number.parseInt(hex, 16);
      if (port > 0)
        found.push({
          ...unseen(protocol, port),
          address: addressOf(address),
          uid: Number(uid),
          inode: Number(inode),
        });
    }
  }
  return found.sort(comparePorts);
}

/** A listener of which nothing is known but its port. */
export function unseen(protocol: Protocol, port: number): Listener {
  return {
    protocol,
    port,
    address: null,
    pid: null,
    process: null,
    user: null,
    started: null,
    container: null,
  };
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
