import { addressNextTo } from '../address-variable.js';
import { type DocumentFormat, isUdpVariable, type PortEntry, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';
import { yamlLines } from '../yaml-lines.js';

const INVENTORY = /(?:^|[ \t])(\w+_port)[ \t]*=[ \t]*["']?(\d{1,5})(?![\w.])/gm;
/** How Ansible itself gets to a machine. */
const OF_ANSIBLE = /^ansible_|^(ssh|winrm)_port$/;

/** Variables of roles, groups and hosts that carry ports (docs.ansible.com, "Using variables"): `grafana_port: 3000`. */
export const ansible: DocumentFormat = {
  id: 'ansible',
  says: 'option',
  matches: (name, path) =>
    /(^|\/)(defaults|vars|group_vars|host_vars)\/([^/]+\/)*[^/]+\.ya?ml$/.test(path) ||
    /^(inventory|hosts)([-._]\w+)*(\.ya?ml|\.ini)?$/.test(name),
  fits: (text) => /_port\b/.test(text),
  read(text, name = '') {
    const place = placesIn(text);
    const isYaml = /\.ya?ml$/.test(name);
    const all = isYaml ? yamlLines(text) : inInventory(text);
    const values = new Map(all.map(({ key, value }) => [key.toUpperCase(), value]));
    return all.flatMap(({ key, value, offset }): PortEntry[] => {
      if (!/_port$/.test(key) || OF_ANSIBLE.test(key)) return [];
      const [, quote = '', digits = ''] = /^(["']?)(\d{1,5})\1$/.exec(value) ?? [];
      const protocol = isUdpVariable(key) ? 'udp' : 'tcp';
      const { address } = addressNextTo(key, values);
      const elsewhere = address && {
        elsewhere: `address of a remote server, see ${address.toLowerCase()}`,
      };
      return portHere(digits, offset + quote.length, place, { protocol, variable: key, ...elsewhere });
    });
  },
};

function inInventory(text: string): { key: string; value: string; offset: number }[] {
  return [...text.matchAll(INVENTORY)].map((match) => ({
    key: match[1]!,
    value: match[2]!,
    offset: match.index + match[0].length - match[2]!.length,
  }));
}
