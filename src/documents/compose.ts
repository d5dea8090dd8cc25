import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

/** The names under which compose looks for its file, in its order (docs.docker.com/reference/cli/docker/compose). */
const FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** `HOST:CONTAINER[/udp]` with an address or a `${VAR:-N}` before it; groups: host part, container port. */
const SHORT = /^(?:.*:)?(\$\{[^}]*\}|\d+):(\d+)(?:\/(?:tcp|udp))?$/;

/** A port that a service publishes: the host part as written, and the port its program listens on inside. */
export interface PublishedPort {
  host: string;
  container: number;
}

/** What the compose file of a folder publishes. Empty where there is none, or none that can be read. */
export function publishedPorts(folder: string): PublishedPort[] {
  const file = FILES.map((name) => join(folder, name)).find((it) => existsSync(it));
  if (!file) return [];
  let services: unknown;
  try {
    // Aliases that unfold into each other would grow without end: compose files have a handful.
    services = (
      parseDocument(readFileSync(file, 'utf8')).toJS({ maxAliasCount: 100 }) as { services?: unknown } | null
    )?.services;
  } catch {
    return [];
  }
  return Object.values(isRecord(services) ? services : {}).flatMap((service) => {
    const ports = isRecord(service) ? service.ports : undefined;
    return Array.isArray(ports) ? ports.flatMap(publishedPort) : [];
  });
}

/** The port inside for a port outside, told by its variable or its number. */
export function containerPortFor(
  published: PublishedPort[],
  variable: string,
  port: number,
): number | undefined {
  const byVariable = published.find(({ host }) =>
    new RegExp(`^\\$\\{${variable}(?:[:?+-].*)?\\}$`).test(host),
  );
  return (byVariable ?? published.find(({ host }) => host === String(port)))?.container;
}

function publishedPort(entry: unknown): PublishedPort[] {
  if (isRecord(entry)) {
    const container = Number(entry.target);
    return Number.isInteger(container) && entry.published !== undefined
      ? [{ host: String(entry.published), container }]
      : [];
  }
  const match = SHORT.exec(String(entry));
  return match ? [{ host: match[1]!, container: Number(match[2]) }] : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
