import { readFileSync } from 'node:fs';
import type { PortRef } from '../../events/port.js';
import { attempt } from '../attempt.js';
import { type HostEvidence, NODE_PORTS } from '../policy/hazards.js';
import { type Bounds, parseBounds, within } from '../policy/policy.js';
import { isBound } from './bind-probe.js';
import { dockerSocket } from './docker.js';
import type { Listener } from './listener.js';
import { outputOf } from './programs.js';
import { sameAs, socketTable } from './sockets.js';

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';
const SPARED = '/proc/sys/net/ipv4/ip_local_reserved_ports';
/** Health port of kube-proxy (its `--healthz-bind-address`). */
const KUBE_PROXY = { protocol: 'tcp', port: 10256 } as const;

/**
 * How this machine itself uses ports, according to its kernel and listeners. Checks for a Kubernetes node only if one of `refs` is
 * within the range of node ports.
 */
export async function hostEvidence(
  refs: PortRef[],
  platform: string = process.platform,
): Promise<HostEvidence> {
  const node = refs.some(({ port }) => within(NODE_PORTS, port)) ? await nodeEvidence() : null;
  return { ...(await kernelOf(platform)), node, docker: dockerSocket() ?? null };
}

async function kernelOf(platform: string): Promise<Pick<HostEvidence, 'ephemeral' | 'spared' | 'excluded'>> {
  if (platform === 'linux') {
    const [from, to] = textOf(RANGE).trim().split(/\s+/).map(Number);
    return {
      ephemeral: from && to ? { from, to, source: RANGE } : null,
      spared: parseReservedPorts(textOf(SPARED)),
      excluded: [],
    };
  }
  if (platform === 'darwin') {
    const names = ['net.inet.ip.portrange.first', 'net.inet.ip.portrange.last'];
    const [from, to] = (await outputOf('sysctl', ['-n', ...names])).trim().split(/\s+/).map(Number);
    const source = 'sysctl net.inet.ip.portrange';
    return { ephemeral: from && to ? { from, to, source } : null, spared: [], excluded: [] };
  }
  if (platform === 'win32') {
    const netsh = (...what: string[]) => outputOf('netsh', ['interface', 'ipv4', 'show', ...what]);
    const [dynamic, excluded] = await Promise.all([
      netsh('dynamicport', 'tcp'),
      netsh('excludedportrange', 'protocol=tcp'),
    ]);
    return { ephemeral: parseDynamicPort(dynamic), spared: [], excluded: parseExcludedRanges(excluded) };
  }
  return { ephemeral: null, spared: [], excluded: [] };
}

/** `8080,9100-9200`: the format of ip_local_reserved_ports (Documentation/networking/ip-sysctl of the kernel). */
export function parseReservedPorts(text: string): Bounds[] {
  return text
    .trim()
    .split(',')
    .flatMap((part) => parseBounds(part) ?? []);
}

/** `netsh interface ipv4 show dynamicport tcp`: start and count are the first two numbers; the words are localised. */
export function parseDynamicPort(output: string): HostEvidence['ephemeral'] {
  const [from, count] = [...output.matchAll(/:\s*(\d+)\s*$/gm)].map((match) => Number(match[1]));
  return from && count
    ? { from, to: from + count - 1, source: 'netsh interface ipv4 show dynamicport tcp' }
    : null;
}

/** `netsh interface ipv4 show excludedportrange`: two numbers per line, and a star if an administrator added it. */
export function parseExcludedRanges(output: string): Bounds[] {
  return [...output.matchAll(/^\s*(\d+)\s+(\d+)\s*\*?\s*$/gm)].map((match) => ({
    from: Number(match[1]),
    to: Number(match[2]),
  }));
}

/** Looks for Kubernetes' processes only if its health port is taken: that look takes 8 ms. */
async function nodeEvidence(): Promise<string | null> {
  // A probe is cheaper than the system's table of all ports, and nearly always answers no.
  if ((await isBound(KUBE_PROXY)) === false) return null;
  const table = await socketTable();
  const found = (await table.listeners(sameAs(KUBE_PROXY))).find(isNode);
  if (!found) return null;
  const who = found.process === null ? 'something' : found.process.slice(0, 60);
  return `${who}${found.pid === null ? '' : ` (pid ${found.pid})`} is bound to ${KUBE_PROXY.port}`;
}

function isNode({ process }: Listener): boolean {
  return process === null || /kube|k3s|k0s|rke2/.test(process);
}

function textOf(path: string): string {
  return attempt(() => readFileSync(path, 'latin1')) ?? '';
}
