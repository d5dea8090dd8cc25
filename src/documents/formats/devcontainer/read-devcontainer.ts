import { findNodeAtLocation } from 'jsonc-parser';
import { VportsError } from '../../../errors.js';
import { parseRoot } from '../json-tree.js';
import { type DocumentFormat, type PortEntry, placesIn, UnreadableDocument } from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';

/** `forwardPorts` of a devcontainer.json (containers.dev/implementors/json_reference): they are bound on the machine of who uses it. */
export const devcontainer: DocumentFormat = {
  id: 'devcontainer',
  says: 'forward',
  matches: (name) => /^\.?devcontainer\.json$/.test(name),
  read(text) {
    const root = parsed(text);
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

function parsed(text: string) {
  try {
    return parseRoot(text, 'devcontainer.json');
  } catch (error) {
    if (!(error instanceof VportsError)) throw error;
    const { problem, line, column } = error.details as { problem: string; line: number; column: number };
    throw new UnreadableDocument(problem, line, column);
  }
}
