import { findNodeAtLocation, getNodeValue, type Node } from 'jsonc-parser';
import { isPortName, MAIN } from '../../../../events/names.js';
import { type Protocol, parsePortNumber } from '../../../../events/port.js';
import { propertiesOf, textAt } from '../json-tree.js';

/** What one entry of a service.json says of its port. */
export interface EntryPort {
  port: number | undefined;
  /** A number as written that no port can have: it is replaced, and that is said. */
  wrong?: string;
  protocol: Protocol;
  /** What a browser speaks with it: `"scheme": "https"`, or `"protocol": "https"`. */
  https?: true;
  /** The variable that `env_var` or `"${X:-N}"` names. */
  variable: string | undefined;
  /** The variable that it names and that has no PORT in it, as `PATH` has none: that is not set. */
  refused?: string;
  /** As written: `15000-19999`, `dynamic`. */
  range: string | undefined;
  /** Whether a number can be put there: a value like `"${API_PORT}"` is left as it is. */
  writable: boolean;
}

/** Where a service.json may have ports. The first is what vports writes where there is none. */
const GROUPS = [['ports'], ['deployment', 'ports'], ['config', 'ports']];

export function portGroups(root: Node): Node[] {
  return GROUPS.flatMap((at) => findNodeAtLocation(root, at) ?? []);
}

/** Keys of an entry that may have its number, by priority. */
const NUMBER_KEYS = ['port', 'fixed', 'default', 'fallback'];

/** `"${API_PORT:-8090}"`: a variable and the number that holds where it is not set. */
export const TEMPLATE = /^\$\{([A-Za-z_][A-Za-z0-9_]*):-(\d+)\}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What one entry of `ports` says: a number, a string, or an object with one of the keys for numbers. */
export function portIn(node: Node): EntryPort {
  if (node.type === 'object') {
    const inner = numberNode(node);
    const declared = inner && portIn(inner);
    const variable = textAt(node, ['env_var']);
    const https = ['scheme', 'protocol'].some((key) => textAt(node, [key])?.toLowerCase() === 'https');
    return {
      port: declared?.port,
      ...(declared?.wrong !== undefined && { wrong: declared.wrong }),
      protocol: textAt(node, ['protocol'])?.toLowerCase() === 'udp' ? 'udp' : 'tcp',
      ...(https && { https }),
      ...carrying(variable ?? declared?.variable),
      range: rangeIn(findNodeAtLocation(node, ['range'])),
      writable: inner === undefined || isWritable(inner),
    };
  }
  const value: unknown = getNodeValue(node);
  const template = typeof value === 'string' ? TEMPLATE.exec(value) : null;
  const digits =
    template?.[2] ?? (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
  const port = parsePortNumber(digits);
  // Zero means any port.
  const isWrong = port === undefined && /^[-+]?\d[\d.e+]*$/i.test(digits) && Number(digits) !== 0;
  return {
    port,
    ...(isWrong && { wrong: digits.slice(0, 40) }),
    protocol: 'tcp',
    ...carrying(template?.[1]),
    range: undefined,
    writable: isWritable(node),
  };
}

/** A file of a project decides which variable a program gets, and some decide what it runs (`PATH`, `LD_PRELOAD`). */
function carrying(variable: string | undefined): Pick<EntryPort, 'variable' | 'refused'> {
  if (variable === undefined) return { variable };
  return VARIABLE.test(variable) && /PORT/i.test(variable)
    ? { variable }
    : { variable: undefined, refused: variable };
}

/** The value with the number of an entry: of several keys the first that is present and no word like `auto`. */
export function numberNode(entry: Node): Node | undefined {
  const nodes = NUMBER_KEYS.flatMap((key) => findNodeAtLocation(entry, [key]) ?? []);
  return (
    nodes.find((node) => node.type !== 'string' || /\d|\$\{|^$/.test(node.value)) ??
    findNodeAtLocation(entry, ['port'])
  );
}

/** `"15000-19999"`, `[9000, 9099]`, `"dynamic"` as one text; `"39001"` and `39001` as the range of that one port. */
function rangeIn(node: Node | undefined): string | undefined {
  const value: unknown = node && getNodeValue(node);
  const bounds = Array.isArray(value) ? value : [value];
  if (bounds.length === 2 && bounds.every((it) => Number.isInteger(it))) return `${bounds[0]}-${bounds[1]}`;
  const [only] = bounds;
  if (bounds.length > 1 || (typeof only !== 'string' && !Number.isInteger(only))) return undefined;
  return /^\d+$/.test(String(only)) ? `${only}-${only}` : String(only);
}

function isWritable({ type, value }: Node): boolean {
  if (type !== 'string') return type === 'number' || type === 'null';
  return value === '' || /^\d+$/.test(value) || TEMPLATE.test(value);
}

export interface PortEntryNode {
  /** Undefined for one that the file does not name. */
  name: string | undefined;
  value: Node;
  /** What goes where the entry goes: a property, or an element of a list. */
  part: Node;
}

/** The entries of a group of ports in its three shapes: by name, as a list, or one alone, as in `"ports": 25000`. */
export function entriesOf(ports: Node | undefined): PortEntryNode[] {
  if (ports?.type === 'array')
    return (ports.children ?? []).map((it) => ({ name: nameOf(it), value: it, part: it }));
  if (ports && ports.type !== 'object') return [{ name: undefined, value: ports, part: ports.parent! }];
  return propertiesOf(ports).map(({ name, value, property }) => ({ name, value, part: property }));
}

/** All entries of a file; where it has no group of ports, those of older layouts: `api.port`, `interfaces.*.port`, `services.*.port`. */
export function portEntries(root: Node): PortEntryNode[] {
  const groups = portGroups(root);
  if (groups.length > 0) return groups.flatMap(entriesOf);
  const parents = [
    root,
    ...['interfaces', 'services'].flatMap((key) => findNodeAtLocation(root, [key]) ?? []),
  ];
  return parents
    .flatMap(propertiesOf)
    .filter(({ name, value }) => isPortName(name) && value.type === 'object' && tellsNumber(value))
    .map(({ name, value, property }) => ({ name, value, part: property }));
}

function tellsNumber(value: Node): boolean {
  const port = findNodeAtLocation(value, ['port']);
  return port !== undefined && portIn(port).port !== undefined;
}

/** The entries of a name, one a group. */
export function entriesNamed(root: Node, name: string): PortEntryNode[] {
  return portEntries(root).filter((it) => (it.name ?? MAIN) === name);
}

/** What an element of a list is called: by its own name, or by its number where the list has more of them. */
function nameOf(element: Node): string | undefined {
  const alone = element.parent?.children?.length === 1;
  const { port } = portIn(element);
  return textAt(element, ['name']) ?? (alone || port === undefined ? undefined : `p${port}`);
}
