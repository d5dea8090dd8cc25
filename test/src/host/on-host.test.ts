import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PortRef } from '../../../events/port.js';
import { isBound } from '../../../src/host/bind-probe.js';
import { listenersOn } from '../../../src/host/listeners-on-port.js';
import { socketTable } from '../../../src/host/sockets.js';
import { child, isListedAs, until } from '../../support/children.js';
import { testWith } from '../../support/needs.js';
import { findProgram } from '../../support/programs.mjs';

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
    const [listener, ...others] = await listenersOn(ref);
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
    expect(await listenersOn({ port, protocol: 'udp' })).toEqual([]);
  });

  // Node's own sockets listen as soon as they are bound.
  testWith('python3')('tcp bound by a program that does not listen yet', async () => {
    const script =
      'import socket,sys\ns=socket.socket();s.bind(("127.0.0.1",0));print(s.getsockname()[1],flush=True)\nsys.stdin.read()';
    const bound = child('python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = (await once(bound.stdout!, 'data')) as [Buffer];
    const ref: PortRef = { port: Number(line.toString()), protocol: 'tcp' };
    expect(await listenersOn(ref)).toEqual([
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
  expect(await listenersOn(ref)).toEqual([]);
});

describe('a port that a client has as its own end', () => {
  test('of a TCP connection is taken, and whose it is can be told', async () => {
    const server = createServer((socket) => onTestFinished(() => void socket.destroy())).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    await once(client, 'connect');
    const ref: PortRef = { port: client.localPort!, protocol: 'tcp' };
    expect(await listenersOn(ref)).toEqual([
      expect.objectContaining({ ...ref, connected: true, pid: process.pid, address: '127.0.0.1' }),
    ]);
    expect(await (await socketTable()).bound()).toContainEqual(expect.objectContaining(ref));
  });

  test('of a UDP socket is no server either', async () => {
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    socket.connect(9, '127.0.0.1');
    await once(socket, 'connect');
    const ref: PortRef = { port: socket.address().port, protocol: 'udp' };
    expect(await listenersOn(ref)).toEqual([expect.objectContaining({ ...ref, connected: true })]);
  });

  test('what a server has accepted does not hide the server', async () => {
    const server = createServer((socket) => onTestFinished(() => void socket.destroy())).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const ref: PortRef = { port: (server.address() as AddressInfo).port, protocol: 'tcp' };
    const accepted = once(server, 'connection');
    const client = connect(ref.port, '127.0.0.1');
    onTestFinished(() => void client.destroy());
    await accepted;
    expect(await listenersOn(ref)).toEqual([expect.objectContaining({ ...ref, connected: false })]);
  });
});

describe('servers of other makes', () => {
  test.for<[string, string, string[], PortRef['protocol']]>([
    ["python3's http.server", 'python3', ['-m', 'http.server', '--bind', '127.0.0.1', 'PORT'], 'tcp'],
    ['socat, on IPv6 alone', 'socat', ['TCP6-LISTEN:PORT,ipv6only,bind=[::1],fork', 'EXEC:cat'], 'tcp'],
    ['socat, on UDP', 'socat', ['UDP4-RECVFROM:PORT,bind=127.0.0.1,fork', 'EXEC:cat'], 'udp'],
    ['nc', 'nc', ['-l', '127.0.0.1', 'PORT'], 'tcp'],
  ])('%s', async ([, program, args, protocol], context) => {
    if (!findProgram(program) && !process.env.VPORTS_TEST_NO_SKIP) context.skip();
    const ref: PortRef = { port: await freePort(), protocol };
    const server = child(
      program,
      args.map((it) => it.replace('PORT', String(ref.port))),
    );
    await until(() => isListedAs(ref));
    const found = await listenersOn(ref);
    expect(found).toEqual([expect.objectContaining({ ...ref, pid: server.pid, container: null })]);
    expect(found[0]!.process).toContain(program);
  });
});

const privileged = process.getuid?.() === 0;

const listenAnywhere =
  "require('net').createServer().listen(47811, '0.0.0.0', () => console.log('listening'))";

test.runIf(privileged && findProgram('unshare'))(
  'what listens in another network namespace is not here',
  async () => {
    const server = child('unshare', ['--net', process.execPath, '-e', listenAnywhere], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(server.stdout!, 'data');
    expect(await listenersOn({ port: 47811, protocol: 'tcp' })).toEqual([]);
  },
);

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
