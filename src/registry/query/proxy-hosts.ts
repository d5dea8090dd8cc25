import { baseOf, MAIN } from '../../../events/names.js';
import type { ListedPort } from './queries.js';

export interface ProxyHost {
  /** `login.shop.localhost`; RFC 6761 resolves such names to this machine. */
  host: string;
  port: number;
  resource: string;
  name: string;
}

/**
 * A host a port, from the lowest: `shop.localhost`, `login.shop.localhost` for an instance, `api.shop.localhost` for a port that is not
 * `main`. Of two that would be alike, as those of `web_a` and `web-a` are, the second has its number too.
 */
export function proxyHosts(ports: Pick<ListedPort, 'port' | 'resource' | 'name'>[]): ProxyHost[] {
  const taken = new Set<string>();
  return ports.map(({ port, resource, name }) => {
    const labels = labelsOf(resource, name);
    const usual = [...labels, 'localhost'].join('.');
    const host = taken.has(usual)
      ? [`${labels[0]}-${port}`, ...labels.slice(1), 'localhost'].join('.')
      : usual;
    taken.add(host);
    return { host, port, resource, name };
  });
}

function labelsOf(resource: string, name: string): string[] {
  const instance = resource.includes('@') ? resource.slice(resource.indexOf('@') + 1) : undefined;
  return [name === MAIN ? undefined : name, instance, baseOf(resource)]
    .filter((it) => it !== undefined)
    .map(labelOf);
}

/** RFC 1123: letters, digits and inner hyphens. */
function labelOf(word: string): string {
  return word.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'port';
}
