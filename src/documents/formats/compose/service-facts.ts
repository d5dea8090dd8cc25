import { type Document, isMap, type Node } from 'yaml';
import type { PortEntry } from '../port-entry.js';
import { childOf, itemsOf, textOf } from '../yaml-places.js';

/** What a compose file says, before its place is known; `within` are the digits of the port inside. */
export type Found = Omit<PortEntry, 'line' | 'column'> & { at: number; within?: PortEntry['digits'] };

/** What a service says of itself that its numbers are understood by. */
export function serviceFacts(
  document: Document,
  service: Node | undefined,
): Pick<PortEntry, 'scope' | 'builds' | 'environmentFiles'> {
  const build = childOf(document, service, 'build');
  const builds = textOf(isMap(build) ? childOf(document, build, 'context') : build);
  const files = childOf(document, service, 'env_file');
  const listed = itemsOf(document, files).map((it) => (isMap(it) ? childOf(document, it, 'path') : it));
  const environmentFiles = [files, ...listed].flatMap((it) => textOf(it) ?? []);
  const project = textOf(childOf(document, document.contents, 'name'));
  return {
    ...(project !== undefined && { scope: project }),
    ...(builds !== undefined && { builds }),
    ...(environmentFiles.length > 0 && { environmentFiles }),
  };
}

/** `ports: !override` and `!reset` (docs.docker.com/reference/compose-file/merge): other files' ports of the service are gone. */
export function replacement(ports: Node | undefined, published: Found[]): Found[] {
  if (ports?.tag !== '!override' && ports?.tag !== '!reset') return [];
  if (ports.tag === '!override' && published.length > 0) {
    for (const it of published) it.replaces = true;
    return [];
  }
  return [{ at: ports.range?.[0] ?? 0, protocol: 'tcp', side: 'host', mention: true, replaces: true }];
}

/** On the network of its machine a program listens on the port inside, and `ports` is without effect. */
export function onHostNetwork(entry: Found): Found[] {
  if (entry.inside === undefined) return [entry];
  const { digits: _, within, ...rest } = entry;
  const listening = { ...rest, port: entry.inside, ...(within && { digits: within }) };
  return entry.inside === entry.port ? [entry, listening] : [listening];
}

/** Variables of a program on the network of its machine: `PORT` and those named after it are what it listens on. */
export function ownVariables(service: string, set: Found[]): Found[] {
  const own = service.toUpperCase().replace(/[^A-Z0-9]+/g, '_');
  const isOwn = (name = '') =>
    /^(APP_|HTTP_|HTTPS_|SERVER_|LISTEN_|WEB_)?PORT$/.test(name) || name === `${own}_PORT`;
  return set.map((it) => (isOwn(it.variable) ? { ...it, side: 'host' } : it));
}
