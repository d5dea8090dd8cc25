import { asPortName } from '../command-ports.js';
import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';
import { tomlLines } from '../toml/read-toml.js';
import { yamlLines } from '../yaml-lines.js';

/** Entry points in the static configuration of Traefik (doc.traefik.io/traefik/routing/entrypoints): `address: ":8080/udp"`. */
export const traefik: DocumentFormat = {
  id: 'traefik',
  says: 'option',
  matches: (name) => /^traefik[\w.-]*\.(ya?ml|toml)$/.test(name),
  fits: (text) => /entrypoints/i.test(text),
  read(text, name = '') {
    const place = placesIn(text);
    const lines = name.endsWith('.toml')
      ? tomlLines(text).map(({ table, ...it }) => ({ ...it, path: table.split('.') }))
      : yamlLines(text);
    return lines.flatMap(({ path, key, value, offset }): PortEntry[] => {
      if (path[0]?.toLowerCase() !== 'entrypoints' || path.length !== 2 || key !== 'address') return [];
      const [, before = '', digits = '', udp] =
        /^(["']?(?:\[[0-9a-fA-F:]*\]|[\w.]*):)(\d{1,5})(?:\/(?:tcp|(udp)))?["']?$/.exec(value) ?? [];
      const own = asPortName(path[1]!);
      const protocol = udp ? 'udp' : 'tcp';
      return portHere(digits, offset + before.length, place, {
        resource: 'traefik',
        protocol,
        ...(own && { name: own }),
      });
    });
  },
};
