import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PortRef } from '../../../events/port.js';
import { isBound } from '../../../src/host/bind-probe.js';
import { onHost } from '../../../src/host/on-host.js';

async function listenTcp(host: string, ipv6Only = false): Promise<PortRef> {
  const server = createServer().listen({ port: 0, host, ipv6Only });
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, protocol: 'tcp' };
}

async function bindUdp(type: 'udp4' | 'udp6', address: string): Promise<PortRef> {
  const socket = createSocket({ type, ipv6Only: type === 'udp6' }).bind(0, address);
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  return { port: socket.address().port, protocol: 'udp' };
}

describe('a port that something is bound to is never called free', () => {
  test.each<[string, () => Promise<PortRef>, string]>([
    ['tcp on 127.0.0.1 alone', () => listenTcp('127.0.0.1'), '127.0.0.1'],
    ['tcp on every IPv4 address', () => listenTcp('0.0.0.0'), '0.0.0.0'],
    ['tcp on ::1 alone', () => listenTcp('::1'), '::1'],
    ['tcp on every IPv6 address and no IPv4', () => listenTcp('::', true), '::'],
    ['tcp on all addresses of both', () => listenTcp('::'), '::'],
    ['tcp on another loopback address', () => listenTcp('127.8.9.10'), '127.8.9.10'],
    ['udp on 127.0.0.1', () => bindUdp('udp4', '127.0.0.1'), '127.0.0.1'],
    ['udp on ::1', () => bindUdp('udp6', '::1'), '::1'],
    ['udp on every IPv6 address', () => bindUdp('udp6', '::'), '::'],
  ])('%s', async (_, bind, address) => {
    const ref = await bind();
    expect(await isBound(ref)).toBe(true);
    const [listener, ...others] = await onHost(ref);
    expect(others).toEqual([]);
    expect(listener).toMatchObject({
      ...ref,
      address,
      pid: process.pid,
      user: expect.any(String),
      container: null,
    });
    expect(listener!.process).toContain('node');
    expect(Math.abs(Date.parse(listener!.started!) - (Date.now() - performance.now()))).toBeLessThan(60_000);
  });

  test('tcp says nothing of udp, and udp nothing of tcp', async () => {
    const { port } = await listenTcp('127.0.0.1');
    expect(await onHost({ port, protocol: 'udp' })).toEqual([]);
  });

  test('tcp bound by a program that does not listen yet', async () => {
    const script =
      'import socket,sys\ns=socket.socket();s.bind(("127.0.0.1",0));print(s.getsockname()[1],flush=True)\nsys.stdin.read()';
    const child = spawn('python3', ['-c', script]);
    onTestFinished(() => void child.kill());
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const ref: PortRef = { port: Number(line.toString()), protocol: 'tcp' };
    expect(await onHost(ref)).toEqual([
      expect.objectContaining({ ...ref, address: null, pid: null, process: null }),
    ]);
  });
});

test('a port that was let go is free again', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ref: PortRef = { port: (server.address() as AddressInfo).port, protocol: 'tcp' };
  server.close();
  await once(server, 'close');
  expect(await onHost(ref)).toEqual([]);
});
