import { getNodeValue, type Node } from 'jsonc-parser';
import { parsePortNumber } from '../../../../events/port.js';
import { asUnreadable, parseRoot, textAt } from '../json-tree.js';
import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';
import { refuseRepeated } from './parse-service-json.js';
import { numberNode, portEntries, portIn } from './service-ports.js';

/** service.json in all shapes, to read many of them; service-json.ts next to it edits one. */
export const serviceJson: DocumentFormat = {
  id: 'service-json',
  says: 'list',
  matches: (name) => /^service\.json$/.test(name),
  read(text) {
    const root = parsed(text);
    const place = placesIn(text);
    const resource = textAt(root, ['service', 'name']) ?? textAt(root, ['name']);
    const dynamic = textAt(root, ['port_allocation', 'strategy']) === 'dynamic';
    return portEntries(root)
      .map(entryIn)
      .map(
        ({ node, ...entry }): PortEntry => ({
          side: 'host',
          ...place(node.offset),
          ...(resource !== undefined && { resource }),
          ...entry,
          ...(dynamic && { wish: 'dynamic' }),
        }),
      );
  },
};

interface ServiceEntry extends Pick<PortEntry, 'port' | 'protocol' | 'variable' | 'wish' | 'name'> {
  node: Node;
}

function entryIn({ value, name }: { value: Node; name: string | undefined }): ServiceEntry {
  const { port, protocol, variable, range } = portIn(value);
  const node = value.type === 'object' ? numberNode(value) : value;
  const written = node?.type === 'string' || node?.type === 'number' ? String(node.value) : undefined;
  return {
    node: node ?? value,
    protocol,
    ...(name !== undefined && { name }),
    ...(port !== undefined && { port }),
    ...(variable !== undefined && { variable }),
    ...(port === undefined && { wish: range ?? (written || unclear(value) || 'auto') }),
  };
}

/** Numbers under keys that say nothing of ports: `{ "internal": 8080, "external": 80 }`, as written. */
function unclear(value: Node): string | undefined {
  const deep = (node: Node): boolean =>
    node.type === 'number'
      ? parsePortNumber(String(node.value)) !== undefined
      : (node.children ?? []).some(deep);
  return deep(value) ? JSON.stringify(getNodeValue(value)) : undefined;
}

function parsed(text: string): Node {
  try {
    const root = parseRoot(text, 'service.json');
    refuseRepeated(text, 'service.json', root);
    return root;
  } catch (error) {
    throw asUnreadable(error);
  }
}
