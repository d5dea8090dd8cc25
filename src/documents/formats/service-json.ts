import { findNodeAtLocation, type Node } from 'jsonc-parser';
import { VportsError } from '../../errors.js';
import { type DocumentFormat, type PortEntry, placesIn, UnreadableDocument } from '../port-entry.js';
import { numberNode, parseRoot, portIn, propertiesOf, textAt } from '../service-json.js';

/** Where a service.json may have ports. The first is what vports writes. */
const GROUPS = [['ports'], ['deployment', 'ports'], ['config', 'ports']];

/** service.json in all shapes, for who reads many of them; service-json.ts beside it is for one that is kept in step. */
export const serviceJson: DocumentFormat = {
  id: 'service-json',
  matches: (path) => /(^|\/)service\.json$/.test(path),
  read(text) {
    const root = parsed(text);
    const place = placesIn(text);
    const resource = textAt(root, ['service', 'name']) ?? textAt(root, ['name']);
    const dynamic = textAt(root, ['port_allocation', 'strategy']) === 'dynamic';
    return GROUPS.flatMap((at) => entriesIn(findNodeAtLocation(root, at))).map(
      ({ node, ...entry }): PortEntry => ({
        ...place(node.offset),
        ...(resource !== undefined && { resource }),
        protocol: 'tcp',
        side: 'host',
        ...entry,
        ...(dynamic && { wish: 'dynamic' }),
      }),
    );
  },
};

function entriesIn(ports: Node | undefined) {
  return propertiesOf(ports).map(({ name, value }) => {
    const { port, variable, range } = portIn(value);
    const told = value.type === 'object' ? numberNode(value) : value;
    const written = told?.type === 'string' || told?.type === 'number' ? String(told.value) : undefined;
    return {
      node: told ?? value,
      name,
      ...(port !== undefined && { port }),
      ...(variable !== undefined && { variable }),
      ...(port === undefined && { wish: range ?? (written || 'auto') }),
    };
  });
}

function parsed(text: string): Node {
  try {
    return parseRoot(text, 'service.json');
  } catch (error) {
    if (!(error instanceof VportsError)) throw error;
    const { line, column } = error.details as { line: number; column: number };
    throw new UnreadableDocument(error.message.replace(/^[^ ]*: /, ''), line, column);
  }
}
