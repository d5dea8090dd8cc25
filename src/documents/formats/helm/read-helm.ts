import { asPortName } from '../command-ports.js';
import { type DocumentFormat, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';
import { yamlLines } from '../yaml-lines.js';

/** Words of a path that carry no name, only that it is a port. */
const PLAIN = /^(-|services?|ports?|nodePorts?|hostPorts?|values|global)$/;

/** `nodePort`, `hostPort` and `nodePorts.http` in the values of a Helm chart: ports of machines (helm.sh/docs/chart_template_guide/values_files). */
export const helm: DocumentFormat = {
  id: 'helm',
  says: 'publisher',
  matches: (name) => /^values([-._][\w.-]+)?\.ya?ml$|[-._]values\.ya?ml$/.test(name),
  fits: (text) => /(node|host)Ports?["']?:/.test(text),
  read(text) {
    const place = placesIn(text);
    return yamlLines(text).flatMap(({ path, key, value, offset }) => {
      const isPort = /^(node|host)Port$/.test(key) || /^(node|host)Ports$/.test(path.at(-1) ?? '');
      const quote = /^["']/.test(value) ? 1 : 0;
      const words = [...path, key].filter((it) => !PLAIN.test(it));
      const name = words.length > 0 ? asPortName(words.join('-')) : undefined;
      const protocol = words.some((it) => /udp/i.test(it)) ? 'udp' : 'tcp';
      const digits = value.replace(/["']/g, '');
      return isPort ? portHere(digits, offset + quote, place, { protocol, ...(name && { name }) }) : [];
    });
  },
};
