import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PortRef } from '../../../events/port.js';
import { assignedName } from '../../../src/host/assigned-names.js';
import { parseReservedPorts } from '../../../src/host/evidence.js';
import { defaultPolicySource } from '../../../src/policy/default-policy.js';
import {
  confirmedHazards,
  type HostEvidence,
  hazards,
  suggestedReservedPorts,
} from '../../../src/policy/hazards.js';
import { within } from '../../../src/policy/policy.js';
import { parsePolicy } from '../../../src/policy/policy-file.js';

const policy = parsePolicy(defaultPolicySource());
const source = '/proc/sys/net/ipv4/ip_local_port_range';
const QUIET: HostEvidence = { ephemeral: null, spared: [], excluded: [], node: null, docker: null };
const LINUX: HostEvidence = { ...QUIET, ephemeral: { from: 32768, to: 60999, source } };
const tcp = (port: number): PortRef => ({ port, protocol: 'tcp' });
const codes = (warnings: { code: string }[]) => warnings.map(({ code }) => code);

describe('an allocation speaks of a hazard only with evidence on this machine', () => {
  test.each<[string, number, HostEvidence, string[]]>([
    ['nothing below the ephemeral range', 30000, LINUX, []],
    ['the ephemeral range', 35000, LINUX, ['EPHEMERAL_RANGE']],
    ['its first port', 32768, LINUX, ['EPHEMERAL_RANGE']],
    ['its last port', 60999, LINUX, ['EPHEMERAL_RANGE']],
    ['nothing where the range is not known', 35000, QUIET, []],
    ['nothing that the kernel spares', 35000, { ...LINUX, spared: [{ from: 35000, to: 35999 }] }, []],
    ['a NodePort on a node', 30000, { ...LINUX, node: 'k3s server (pid 7)' }, ['NODE_PORT']],
    [
      'Docker, which does not heed what the kernel spares',
      35000,
      { ...LINUX, docker: '/d.sock', spared: [{ from: 35000, to: 35999 }] },
      ['DOCKER_EPHEMERAL'],
    ],
    [
      'what Windows excludes',
      30017,
      { ...QUIET, excluded: [{ from: 30017, to: 30116 }] },
      ['EXCLUDED_RANGE'],
    ],
  ])('%s', (_, port, evidence, expected) => {
    expect(codes(confirmedHazards(tcp(port), evidence))).toEqual(expected);
  });

  test('check tells all of them', () => {
    expect(codes(hazards(tcp(30000), QUIET, 'ndmps'))).toEqual(['NODE_PORT', 'IANA_ASSIGNED']);
    expect(codes(hazards(tcp(10080), QUIET, undefined))).toEqual(['BROWSER_REFUSED']);
    expect(hazards({ port: 10080, protocol: 'udp' }, QUIET, undefined)).toEqual([]);
  });

  test('the command that protects a port keeps what is protected already', () => {
    const [warning] = confirmedHazards(tcp(35000), {
      ...LINUX,
      spared: [
        { from: 8080, to: 8080 },
        { from: 34990, to: 34999 },
      ],
    });
    expect(warning!.hint).toContain('ip_local_reserved_ports=8080,34990-35000`');
  });
});

test('the line for all ranges covers every policy port that the kernel would take, and loses none it spares', () => {
  const bounds = fc
    .tuple(fc.integer({ min: 1024, max: 65000 }), fc.nat(3000))
    .map(([from, more]) => ({ from, to: Math.min(65535, from + more) }));
  fc.assert(
    fc.property(bounds, fc.array(bounds, { maxLength: 4 }), (range, spared) => {
      const line = suggestedReservedPorts(policy, { ...QUIET, ephemeral: { ...range, source }, spared });
      const after = line === undefined ? spared : parseReservedPorts(line);
      const covered = (port: number) => after.some((it) => within(it, port));
      for (const { from, to } of policy.ranges) {
        for (let port = Math.max(from, range.from); port <= Math.min(to, range.to); port++) {
          expect(covered(port)).toBe(true);
        }
      }
      for (const { from, to } of spared) expect(covered(from) && covered(to)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('names that IANA has assigned', () => {
  expect(assignedName(tcp(27017))).toBe('mongodb');
  expect(assignedName({ port: 51820, protocol: 'udp' })).toBeUndefined();
  expect(assignedName({ port: 24465, protocol: 'udp' })).toBe('tonidods');
});
