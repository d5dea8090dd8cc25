import { findNodeAtLocation } from 'jsonc-parser';
import { readRoot } from '../json-tree.js';
import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';

/** `forwardPorts` of a devcontainer.json (containers.dev/implementors/json_reference): they are bound on the machine of who uses it. */
export const devcontainer: DocumentFormat = {
  id: 'devcontainer',
  says: 'forward',
  matches: (name) => /^\.?devcontainer\.json$/.test(name),
  read(text) {
    const root = readRoot(text, 'devcontainer.json');
    const place = placesIn(text);
    return (findNodeAtLocation(root, ['forwardPorts'])?.children ?? []).map((node): PortEntry => {
      const common = { ...place(node.offset), protocol: 'tcp', side: 'host' } as const;
      const source = text.slice(node.offset, node.offset + node.length);
      const other = /^"([^":]+):\d+"$/.exec(source)?.[1];
      if (other !== undefined) return { ...common, wish: source, elsewhere: `port of ${other}` };
      return { ...common, ...(portLiteralIn(source, node.offset) ?? { wish: source }) };
    });
  },
};
