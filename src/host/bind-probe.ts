import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { PortRef } from '../../events/port.js';

/**
 * Whether something on this machine has the port: it is when it cannot be bound, on every address of IPv4 or IPv6, or on
 * the loopback alone (BSD lets a wildcard bind pass beside a loopback one). A family that is not there, or a port that
 * needs privileges, says nothing.
 */
export async function isBound({ port, protocol }: PortRef): Promise<boolean> {
  for (const address of ['0.0.0.0', '::', '127.0.0.1', '::1']) {
    const code = protocol === 'tcp' ? await bindTcp(port, address) : await bindUdp(port, address);
    if (code === 'EADDRINUSE') return true;
  }
  return false;
}

function bindTcp(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host, exclusive: true, ipv6Only: host.includes(':') }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}

function bindUdp(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const family = address.includes(':')
      ? { type: 'udp6' as const, ipv6Only: true }
      : { type: 'udp4' as const };
    const socket = createSocket(family);
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code);
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}
