import { type HostEvidence, NODE_PORTS } from '../policy/hazards.js';
import type { Bounds } from '../policy/policy.js';
import type { MapSpan } from './map-data.js';

/** Default of `net.ipv4.ip_local_port_range` on Linux. */
const EPHEMERAL = { from: 32768, to: 60999 };

/** Spans in which something else may take ports: on any machine, or with evidence of one on that. */
export function spansOn(machine: HostEvidence | undefined): MapSpan[] {
  const nodes = 'Kubernetes nodes use these ports for services of type NodePort';
  if (!machine) {
    const outgoing = 'Linux uses these ports for outgoing connections by default';
    return [
      { ...NODE_PORTS, what: nodes, isHere: false },
      { ...EPHEMERAL, what: outgoing, isHere: false },
    ];
  }
  const { ephemeral, spared, excluded, node } = machine;
  const here = (bounds: Bounds[], what: string) => bounds.map((it) => ({ ...it, what, isHere: true }));
  return [
    {
      ...NODE_PORTS,
      what: node ? `this machine is a Kubernetes node: ${node}` : nodes,
      isHere: node !== null,
    },
    ...here(
      ephemeral ? without(ephemeral, spared) : [],
      'this machine uses these ports for outgoing connections',
    ),
    ...here(excluded, 'Windows reserves these ports on this machine'),
  ];
}

/** The parts of a span that no other one covers. */
function without({ from, to }: Bounds, others: Bounds[]): Bounds[] {
  const parts: Bounds[] = [];
  let next = from;
  for (const other of [...others].sort((a, b) => a.from - b.from)) {
    if (other.from > next && next <= to) parts.push({ from: next, to: Math.min(other.from - 1, to) });
    next = Math.max(next, other.to + 1);
  }
  if (next <= to) parts.push({ from: next, to });
  return parts;
}
