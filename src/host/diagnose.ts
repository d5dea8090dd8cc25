import { accessSync, constants, existsSync } from 'node:fs';
import { succeeds } from '../attempt.js';
import { type Finding, note, warning } from '../findings.js';
import { type HostEvidence, NODE_PORTS, sparingCommand, suggestedReservedPorts } from '../policy/hazards.js';
import type { Policy } from '../policy/policy.js';
import { dockerSocket } from './docker.js';
import { controlGroupsOf } from './process-facts.js';

export function diagnoseHost(policy: Policy, evidence: HostEvidence): Finding[] {
  return [...endangered(policy, evidence), ...blindSpots()];
}

function* endangered(policy: Policy, evidence: HostEvidence): Generator<Finding> {
  const { ephemeral, excluded, node } = evidence;
  const overlapping = (bounds: { from: number; to: number }) =>
    policy.ranges.filter((range) => range.from <= bounds.to && range.to >= bounds.from).map(({ id }) => id);
  const line = suggestedReservedPorts(policy, evidence);
  if (ephemeral && line !== undefined) {
    yield warning(
      'EPHEMERAL_RANGE',
      `outgoing connections use ports ${ephemeral.from}-${ephemeral.to} (${ephemeral.source}), which overlap the ranges ${overlapping(ephemeral).join(', ')}`,
      ephemeral.source.startsWith('/proc/')
        ? sparingCommand(line)
        : 'give the ranges other bounds, or move the ephemeral range',
    );
  }
  if (ephemeral && evidence.docker) {
    yield note(
      'DOCKER_EPHEMERAL',
      `the Docker engine at ${evidence.docker} gives ports from ${ephemeral.from}-${ephemeral.to} to containers that name no host port; engines before mid-2026 ignore ip_local_reserved_ports`,
      'publish containers with a host port of their own',
    );
  }
  const nodeRanges = overlapping(NODE_PORTS);
  if (nodeRanges.length > 0) {
    const message = `Kubernetes nodes publish services of type NodePort on 30000-32767, which overlaps the ranges ${nodeRanges.join(', ')}`;
    yield node
      ? warning(
          'NODE_PORT',
          `${message}; this machine is one: ${node}`,
          'give the API server another --service-node-port-range, or the ranges other bounds',
        )
      : note('NODE_PORT', message, 'harmless unless the machine is a Kubernetes node');
  }
  for (const bounds of excluded.filter((it) => overlapping(it).length > 0)) {
    yield warning(
      'EXCLUDED_RANGE',
      `Windows reserves ${bounds.from}-${bounds.to}, within the ranges ${overlapping(bounds).join(', ')}`,
      '`netsh interface ipv4 show excludedportrange protocol=tcp` lists all of them',
    );
  }
}

function* blindSpots(): Generator<Finding> {
  if (process.platform === 'linux') {
    if (!existsSync('/proc/net/tcp')) {
      yield warning(
        'NO_SOCKET_TABLE',
        '/proc/net/tcp is missing: listeners are only found by binding ports',
        'mount /proc',
      );
    }
    if (process.getuid?.() !== 0) {
      yield note(
        'OTHER_USERS',
        'processes of other users are invisible; only their ports are known',
        'run vports with sudo to see them',
      );
    }
    if (
      existsSync('/.dockerenv') ||
      controlGroupsOf(1).some((it) => /docker|kubepods|containerd|libpod/.test(it))
    ) {
      yield note(
        'IN_CONTAINER',
        'this is a container: listeners outside of it are invisible',
        'run vports on the host',
      );
    }
  }
  const docker = dockerSocket();
  if (docker !== undefined && !succeeds(() => accessSync(docker, constants.R_OK | constants.W_OK))) {
    yield note(
      'DOCKER_UNREADABLE',
      `no permission to use ${docker}: its proxy is shown instead of the container`,
      'join the group of the socket, or use sudo',
    );
  }
}
