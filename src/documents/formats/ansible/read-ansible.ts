import { type DocumentFormat, isUdpVariable, type PortEntry, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';
import { addressNextTo } from '../variable-entries.js';
import { yamlLines } from '../yaml-lines.js';

const INVENTORY = /(?:^|[ \t])(\w+_port)[ \t]*=[ \t]*["']?(\d{1,5})(?![\w.])/gm;
/** `gitea_port`, `gitea_port_ssh`; no measure of a port, such as `wait_for_port_timeout`. */
const CARRIES =
  /_port(_(?!timeouts?$|delay$|retries$|interval$|count$|offset$|range$|start$|end$|min$|max$)[a-z0-9]+)?$/;
/** How Ansible itself gets to a machine. */
const OF_ANSIBLE = /^ansible_|^(ssh|winrm)_port$/;

/** Variables of roles, groups and hosts that carry ports (docs.ansible.com, "Using variables"): `grafana_port: 3000`. */
export const ansible: DocumentFormat = {
  id: 'ansible',
  says: 'option',
  matches: (name, path) =>
    /(^|\/)(defaults|vars|group_vars|host_vars)\/([^/]+\/)*[^/]+\.ya?ml$/.test(path) ||
    /^(inventory|hosts)([-._]\w+)*(\.ya?ml|\.ini)?$/.test(name),
  fits: (text) => /_port(_|\b)/.test(text),
  read(text, name = '') {
    const place = placesIn(text);
    const isYaml = /\.ya?ml$/.test(name);
    const all = isYaml ? yamlLines(text) : inInventory(text);
    const values = new Map(all.map(({ key, value }) => [key.toUpperCase(), value]));
    return all.flatMap(({ key, value, offset }): PortEntry[] => {
      if (!CARRIES.test(key) || OF_ANSIBLE.test(key)) return [];
      const [, quote = '', digits = ''] = /^(["']?)(\d{1,5})\1$/.exec(value) ?? [];
      const protocol = isUdpVariable(key) ? 'udp' : 'tcp';
      const { address } = addressNextTo(key, values);
      const elsewhere = address !== undefined &&
        !isOwnName(address, values.get(address)!) && {
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

/** `gotify_hostname: gotify` is what a role calls its own machine, and no address of another one. */
function isOwnName(variable: string, value: string): boolean {
  const [, prefix] = /^(.+)_HOSTNAME$/.exec(variable) ?? [];
  const plain = value
    .toUpperCase()
    .replace(/[^A-Z0-9.]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return (
    prefix !== undefined && !plain.includes('.') && `_${plain}_`.includes(`_${prefix.split('_').at(-1)}_`)
  );
}
