import { accessSync, constants, existsSync } from 'node:fs';
import { type Finding, note, warning } from '../findings.js';
import { type HostEvidence, NODE_PORTS, sparingCommand, sparingLine } from '../policy/hazards.js';
import type { Policy } from '../policy/policy.js';
import { dockerSocket } from './docker.js';
import { controlGroupsOf } from './process-facts.js';

/** What endangers the ports of a policy on this machine, and what cannot be seen from here. */
export function diagnoseHost(policy: Policy, evidence: HostEvidence): Finding[] {
  return [...endangered(policy, evidence), ...blindSpots()];
}

function endangered(policy: Policy, evidence: HostEvidence): Finding[] {
  const { ephemeral, excluded, node } = evidence;
  const found: Finding[] = [];
  const overlapping = (bounds: { from: number; to: number }) =>
    policy.ranges.filter((range) => range.from <= bounds.to && range.to >= bounds.from).map(({ id }) => id);
  const line = sparingLine(policy, evidence);
  if (ephemeral && line !== undefined) {
    found.push(
      warning(
        'EPHEMERAL_RANGE',
        `outgoing connections take their ports from ${ephemeral.from}-${ephemeral.to} (${ephemeral.source}), and so from the ranges ${overlapping(ephemeral).join(', ')}`,
        ephemeral.source.startsWith('/proc/')
          ? sparingCommand(line)
          : 'give the ranges other bounds, or move the ephemeral range',
      ),
    );
  }
  if (ephemeral && evidence.docker) {
    found.push(
      note(
        'DOCKER_EPHEMERAL',
        `the Docker engine at ${evidence.docker} gives host ports of ${ephemeral.from}-${ephemeral.to} to containers that name none, and before mid-2026 did not heed ip_local_reserved_ports`,
        'publish containers with a host port of their own',
      ),
    );
  }
  const nodeRanges = overlapping(NODE_PORTS);
  if (nodeRanges.length > 0) {
    const message = `Kubernetes nodes take ports for services of type NodePort from 30000-32767, and so from the ranges ${nodeRanges.join(', ')}`;
    found.push(
      node
        ? warning(
            'NODE_PORT',
            `${message}; this machine is one: ${node}`,
            'give the API server another --service-node-port-range, or the ranges other bounds',
          )
        : note('NODE_PORT', message, 'harmless on a machine that is no Kubernetes node'),
    );
  }
  for (const bounds of excluded.filter((it) => overlapping(it).length > 0)) {
    found.push(
      warning(
        'EXCLUDED_RANGE',
        `Windows keeps ${bounds.from}-${bounds.to} to itself, in the ranges ${overlapping(bounds).join(', ')}`,
        '`netsh interface ipv4 show excludedportrange protocol=tcp` lists them',
      ),
    );
  }
  return found;
}

function blindSpots(): Finding[] {
  const found: Finding[] = [];
  if (process.platform === 'linux') {
    if (!existsSync('/proc/net/tcp')) {
      found.push(
        warning(
          'NO_SOCKET_TABLE',
          '/proc/net/tcp is missing: only bind probes tell what listens',
          'mount /proc',
        ),
      );
    }
    if (process.getuid?.() !== 0) {
      found.push(
        note(
          'OTHER_USERS',
          'which process of another user listens cannot be seen, only that one does',
          'sudo sees it',
        ),
      );
    }
    if (
      existsSync('/.dockerenv') ||
      controlGroupsOf(1).some((it) => /docker|kubepods|containerd|libpod/.test(it))
    ) {
      found.push(
        note(
          'IN_CONTAINER',
          'this is a container: what listens outside of it cannot be seen from here',
          'run vports on the host',
        ),
      );
    }
  }
  const docker = dockerSocket();
  if (docker !== undefined && !mayUse(docker)) {
    found.push(
      note(
        'DOCKER_UNREADABLE',
        `${docker} is there and may not be used: containers are told as their proxy`,
        'join the group that may, or use sudo',
      ),
    );
  }
  return found;
}

function mayUse(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
