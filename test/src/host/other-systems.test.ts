import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseDynamicPort, parseExcludedRanges, parseReservedPorts } from '../../../src/host/evidence.js';
import { lsof, parseLsof, parsePs } from '../../../src/host/lsof.js';
import { parseNetstat, parseTasklist } from '../../../src/host/netstat.js';

const recorded = (name: string) => readFileSync(`test/fixtures/host/${name}`, 'utf8');
const brief = ({ port, protocol, address, pid, process, user, connected }: ReturnType<typeof parseLsof>[0]) =>
  [protocol, port, address, pid, process, user, connected] as const;

describe('macOS, as lsof and ps tell it', () => {
  test('listeners with their owners; a socket without a port is none', () => {
    expect(parseLsof(recorded('macos-lsof.bin')).map(brief)).toEqual([
      ['tcp', 30000, '*', 501, 'node', 'ada', false],
      ['tcp', 30001, '::1', 501, 'node', 'ada', false],
      ['tcp', 5432, '127.0.0.1', 1422, 'postgres', '_postgres', false],
      ['udp', 5353, '*', 88, 'mDNSResponder', '_mdnsresponder', false],
      ['udp', 60123, '10.0.0.5', 88, 'mDNSResponder', '_mdnsresponder', true],
    ]);
  });

  test('whole command lines and start times', () => {
    const told = parsePs(recorded('macos-ps.txt'));
    expect(told.get(501)).toEqual({
      process: '/usr/local/bin/node server.js --port 30000',
      started: new Date('Mon Nov 23 09:12:44 2026').toISOString(),
    });
    expect(told.get(1422)!.process).toMatch(/postgres -D \/Users\/ada\/data \(main\)$/);
  });

  test('the real lsof and ps, where this machine has them', async (context) => {
    try {
      execFileSync('lsof', ['-v'], { stdio: 'ignore' });
    } catch {
      context.skip();
    }
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await lsof.bound()).toContainEqual(expect.objectContaining({ port, protocol: 'tcp' }));
    const [listener, ...others] = await lsof.listeners((ref) => ref.port === port);
    expect(others).toEqual([]);
    expect(listener).toMatchObject({ address: '127.0.0.1', pid: process.pid, connected: false });
    expect(listener!.process).toContain('node');
    expect(Math.abs(Date.parse(listener!.started!) - (Date.now() - performance.now()))).toBeLessThan(60_000);
  });
});

describe('Windows, as netstat, tasklist and netsh tell it', () => {
  test('listeners, told by a foreign port of 0', () => {
    expect(
      parseNetstat(recorded('windows-netstat.txt')).map((it) => [it.protocol, it.port, it.address, it.pid]),
    ).toEqual([
      ['tcp', 135, '0.0.0.0', 1012],
      ['tcp', 30000, '127.0.0.1', 7344],
      ['tcp', 135, '::', 1012],
      ['tcp', 30001, '::1', 7344],
      ['udp', 5353, '0.0.0.0', 2288],
      ['udp', 1900, 'fe80::8d1c:4a2f:1c3b:77aa%12', 4876],
    ]);
  });

  test('in whatever language', () => {
    expect(parseNetstat(recorded('windows-netstat-german.txt')).map((it) => [it.port, it.pid])).toEqual([
      [30000, 7344],
      [5353, 2288],
    ]);
  });

  test('with Windows line ends', () => {
    expect(parseNetstat(recorded('windows-netstat.txt').replaceAll('\n', '\r\n'))).toHaveLength(6);
  });

  test('names of processes', () => {
    const names = parseTasklist(recorded('windows-tasklist.csv'));
    expect([names.get(7344), names.get(2288), names.get(1)]).toEqual(['node.exe', 'say "hi".exe', undefined]);
  });

  test('the ephemeral range and the ranges that it excludes', () => {
    expect(parseDynamicPort(recorded('windows-dynamicport.txt'))).toMatchObject({ from: 49152, to: 65535 });
    expect(parseExcludedRanges(recorded('windows-excludedportrange.txt'))).toEqual([
      { from: 30017, to: 30116 },
      { from: 50000, to: 50059 },
    ]);
  });
});

test.each<[string, object[]]>([
  ['\n', []],
  ['8080\n', [{ from: 8080, to: 8080 }]],
  [
    '8080,20000-49999\n',
    [
      { from: 8080, to: 8080 },
      { from: 20000, to: 49999 },
    ],
  ],
])('ip_local_reserved_ports %j', (text, expected) => {
  expect(parseReservedPorts(text)).toEqual(expected);
});
