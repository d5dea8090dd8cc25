import { formatPort, type PortRef } from '../../events/port.js';
import type { Warning } from '../errors.js';
import { BROWSER_REFUSED } from './browser-ports.js';
import { type Bounds, boundsText, merged, type Policy, within } from './policy.js';

/** How a machine itself uses ports. Bounds are inclusive. */
export interface HostEvidence {
  /** The kernel's range for outgoing connections, and its source. */
  ephemeral: (Bounds & { source: string }) | null;
  /** Ports that the kernel spares (ip_local_reserved_ports). */
  spared: Bounds[];
  /** Ports that Windows excludes (`excludedportrange`). */
  excluded: Bounds[];
  /** Evidence that this is a Kubernetes node. */
  node: string | null;
  /** Socket of a Docker engine. */
  docker: string | null;
}

/** Kubernetes' default `--service-node-port-range`. */
export const NODE_PORTS: Bounds = { from: 30000, to: 32767 };

/** Hazards with evidence on this machine: those that `allocate` warns about. */
export function confirmedHazards(ref: PortRef, evidence: HostEvidence): Warning[] {
  return [
    ...ephemeral(ref, evidence),
    ...(evidence.node ? nodePort(ref, evidence) : []),
    ...excluded(ref, evidence),
  ];
}

/** All hazards of a port, here or elsewhere. `assigned` is the service that IANA has assigned it to. */
export function hazards(ref: PortRef, evidence: HostEvidence, assigned: string | undefined): Warning[] {
  return [
    ...ephemeral(ref, evidence),
    ...nodePort(ref, evidence),
    ...excluded(ref, evidence),
    ...browserRefused(ref),
    ...(assigned ? [ianaAssigned(ref, assigned)] : []),
  ];
}

function browserRefused(ref: PortRef): Warning[] {
  if (ref.protocol !== 'tcp' || !BROWSER_REFUSED.has(ref.port)) return [];
  return [
    {
      code: 'BROWSER_REFUSED',
      message: `browsers refuse to open ${formatPort(ref)} (fetch.spec.whatwg.org, port blocking)`,
      hint: 'choose another port for anything that a browser opens',
    },
  ];
}

function ianaAssigned(ref: PortRef, assigned: string): Warning {
  return {
    code: 'IANA_ASSIGNED',
    message: `IANA has assigned ${formatPort(ref)} to ${assigned}: anyone running it expects this port`,
    hint: 'harmless if you do not use that service',
    general: true,
  };
}

/**
 * A value of net.ipv4.ip_local_reserved_ports that makes the kernel spare the policy's ranges, in addition to what it spares
 * already; undefined if nothing is missing.
 */
export function suggestedReservedPorts(
  policy: Policy,
  { ephemeral, spared }: HostEvidence,
): string | undefined {
  if (!ephemeral) return undefined;
  const exposed = policy.ranges.flatMap((range) => {
    const part = { from: Math.max(range.from, ephemeral.from), to: Math.min(range.to, ephemeral.to) };
    return part.from <= part.to ? [part] : [];
  });
  const covered = (part: Bounds) => spared.some((it) => it.from <= part.from && it.to >= part.to);
  if (merged(exposed).every(covered)) return undefined;
  return listOf([...spared, ...exposed]);
}

function listOf(bounds: Bounds[]): string {
  return merged(bounds).map(boundsText).join(',');
}

/** The command that makes the kernel spare these ports, now and after a restart. */
export function sparingCommand(line: string): string {
  return `echo net.ipv4.ip_local_reserved_ports=${line} | sudo tee /etc/sysctl.d/50-vports.conf && sudo sysctl --system`;
}

function ephemeral(ref: PortRef, { ephemeral, spared, docker }: HostEvidence): Warning[] {
  if (!ephemeral || !within(ephemeral, ref.port)) return [];
  const where = `${formatPort(ref)} is within the ephemeral range ${ephemeral.from}-${ephemeral.to} (${ephemeral.source})`;
  if (spared.some((bounds) => within(bounds, ref.port))) {
    if (docker === null) return [];
    return [
      {
        code: 'DOCKER_EPHEMERAL',
        message: `${where}, and the Docker engine at ${docker} may give it to a container that names no host port: engines before mid-2026 ignore ip_local_reserved_ports`,
        hint: 'publish containers with a host port of their own, from `vports env --format compose`',
      },
    ];
  }
  const value = listOf([...spared, { from: ref.port, to: ref.port }]);
  return [
    {
      code: 'EPHEMERAL_RANGE',
      message: `${where}: any outgoing connection may take it while nothing listens`,
      hint: ephemeral.source.startsWith('/proc/')
        ? `\`sysctl -w net.ipv4.ip_local_reserved_ports=${value}\` protects it; \`vports doctor\` has the line for all ranges`
        : 'choose a port outside of it, or move the range',
    },
  ];
}

function nodePort(ref: PortRef, { node }: HostEvidence): Warning[] {
  if (!within(NODE_PORTS, ref.port)) return [];
  const here = node ? `, and this machine is one: ${node}` : '';
  return [
    {
      code: 'NODE_PORT',
      message: `${formatPort(ref)} is within 30000-32767, where Kubernetes nodes publish services of type NodePort${here}`,
      hint: node
        ? '`vports reassign` moves it to another range; or give the API server another --service-node-port-range'
        : 'harmless unless the machine is a Kubernetes node',
      ...(node ? {} : { general: true as const }),
    },
  ];
}

function excluded(ref: PortRef, evidence: HostEvidence): Warning[] {
  const bounds = evidence.excluded.find((it) => within(it, ref.port));
  if (!bounds) return [];
  return [
    {
      code: 'EXCLUDED_RANGE',
      message: `${formatPort(ref)} is within ${bounds.from}-${bounds.to}, which Windows reserves: binding it fails`,
      hint: '`netsh interface ipv4 show excludedportrange protocol=tcp` lists these ranges; choose a port outside',
    },
  ];
}
