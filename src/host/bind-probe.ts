import { createSocket, type SocketOptions } from 'node:dgram';
import { createServer } from 'node:net';
import type { PortRef } from '../../events/port.js';

/**
 * Whether something on this machine has the port on any address, tested by binding it. Undefined if that is not allowed, as for a
 * privileged port. A missing address family counts as free.
 *
 * On Linux one bind of all addresses, IPv4 and IPv6, conflicts with a listener on any of them. BSD allows such a bind
 * next to a narrower one (SO_REUSEADDR), so elsewhere each address is tried.
 */
export async function isBound({ port, protocol }: PortRef): Promise<boolean | undefined> {
  let known: false | undefined = false;
  const addresses = process.platform === 'linux' ? [undefined] : [undefined, '0.0.0.0', '127.0.0.1', '::1'];
  for (const address of addresses) {
    const code = protocol === 'tcp' ? await bindTcp(port, address) : await bindUdp(port, address);
    if (code === 'EADDRINUSE') return true;
    if (code === 'EACCES' || code === 'EPERM') known = undefined;
  }
  return known;
}

function bindTcp(port: number, host: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A dual-stack socket may be IPv6 only by a setting of the system (bindv6only): IPv4 is tried as well. */
async function bindUdp(port: number, address: string | undefined): Promise<string | undefined> {
  if (address) return bindOne(address.includes(':') ? 'udp6' : 'udp4', port, address);
  const both = await bindOne('udp6', port, '::');
  return both === undefined || both === 'EAFNOSUPPORT' || both === 'EADDRNOTAVAIL'
    ? bindOne('udp4', port, '0.0.0.0')
    : both;
}

function bindOne(type: 'udp4' | 'udp6', port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    // The address needs no lookup, and node's own one compiles large patterns first.
    const lookup = (host: string, _: unknown, done: (error: null, host: string, family: number) => void) =>
      done(null, host, type === 'udp6' ? 6 : 4);
    const socket = createSocket({ type, lookup: lookup as unknown as NonNullable<SocketOptions['lookup']> });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code);
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}
