import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { MAIN } from '../../events/names.js';
import type { Protocol } from '../../events/port.js';
import { VportsError } from '../errors.js';
import { shallow } from '../policy/json-depth.js';
import { placesIn } from './port-entry.js';

/** What a service.json says of ports, as far as it can be understood. */
export interface ServiceJson {
  text: string;
  root: Node;
  resource: string | undefined;
  ports: ServicePort[];
  /** `port_allocation.strategy` is `dynamic`: its ports are leases. */
  dynamic: boolean;
  /** `port_allocation.range_start` and `range_end`, as FROM-TO. */
  range: string | undefined;
}

interface ServicePort {
  name: string;
  /** Where its value stands, from 1. */
  line: number;
  port: number | undefined;
  protocol: Protocol;
  /** The variable that `env_var` or `"${X:-N}"` names. */
  variable: string | undefined;
  /** As written: `15000-19999`, `dynamic`. */
  range: string | undefined;
  /** Whether a number can be put there: a value like `"${API_PORT}"` is left as it is. */
  writable: boolean;
}

/** Keys that an entry tells its number under, in the order in which they count. */
const NUMBER_KEYS = ['port', 'fixed', 'default', 'fallback'];

/** `"${API_PORT:-8090}"`: a variable and the number that holds where it is not set. */
const TEMPLATE = /^\$\{([A-Za-z_][A-Za-z0-9_]*):-(\d+)\}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Throws BAD_SERVICE_JSON with file, line and column. Comments and a byte order mark are no errors. */
export function parseServiceJson(text: string, path: string): ServiceJson {
  const root = parseRoot(text, path);
  const resource = [['service', 'name'], ['name']]
    .map((at) => textAt(root, at))
    .find((it) => it !== undefined);
  refuseRepeated(text, path, root);
  const place = placesIn(text);
  const allocation = findNodeAtLocation(root, ['port_allocation']);
  const [start, end] = ['range_start', 'range_end'].map((key) => allocation && numberAt(allocation, [key]));
  return {
    text,
    root,
    resource,
    ports: entriesOf(findNodeAtLocation(root, ['ports'])).map(({ name, value }) => ({
      name: name ?? MAIN,
      line: place(value.offset).line,
      ...portIn(value),
    })),
    dynamic: allocation !== undefined && textAt(allocation, ['strategy']) === 'dynamic',
    range: start !== undefined && end !== undefined ? `${start}-${end}` : undefined,
  };
}

/**
 * The text with these ports set (a number) or taken out (null); every other byte is kept. A name that is not there yet
 * is added behind the others, in their style. `parsed`: the tree of this very text.
 */
export function editServiceJson(
  text: string,
  path: string,
  ports: ReadonlyMap<string, number | null>,
  parsed?: Node,
): string {
  let edited = text;
  let root = parsed;
  for (const [name, port] of ports) {
    root ??= parseRoot(edited, path);
    const before = edited;
    edited = port === null ? without(edited, root, name) : withPort(edited, root, name, port);
    if (edited !== before) root = undefined;
  }
  return edited;
}

function withPort(text: string, root: Node, name: string, port: number): string {
  const ports = findNodeAtLocation(root, ['ports']);
  if (!ports) {
    const edited = insertProperty(text, root, root, 'ports', '{}');
    return withPort(edited, parseRoot(edited, ''), name, port);
  }
  const value = entryNamed(ports, name)?.value;
  if (!value) return ports.type === 'object' ? insertProperty(text, root, ports, name, String(port)) : text;
  if (value.type === 'object') {
    const inner = numberNode(value);
    return inner ? replaceNumber(text, inner, port) : insertProperty(text, root, value, 'port', String(port));
  }
  return replaceNumber(text, value, port);
}

/** Only the digits change: a number stays a number, a string a string, a template keeps its variable. */
function replaceNumber(text: string, node: Node, port: number): string {
  const source = text.slice(node.offset, node.offset + node.length);
  if (node.type === 'number' || node.type === 'null' || source === '""') {
    return splice(text, node.offset, node.length, String(port));
  }
  if (node.type !== 'string') return text;
  const digits = TEMPLATE.test(node.value) ? /\d+(?=\}"$)/ : /^(?<=")\d+(?="$)|(?<=^")\d+(?="$)/;
  return splice(text, node.offset, node.length, source.replace(digits, String(port)));
}

function without(text: string, root: Node, name: string): string {
  const ports = findNodeAtLocation(root, ['ports']);
  const entry = ports && entryNamed(ports, name);
  if (!entry) return text;
  if (entry.value.type === 'object') {
    const node = numberNode(entry.value);
    const inner = propertiesOf(entry.value).find(({ value }) => value === node);
    return inner ? removeProperty(text, entry.value, inner.property) : text;
  }
  // A template goes on saying which variable the program reads; only a bare number says nothing else.
  return entry.value.type === 'number' ? removeProperty(text, entry.part.parent!, entry.part) : text;
}

/** Before the last property, so that a diff shows one line more and no other one changed for its comma. */
function insertProperty(text: string, root: Node, object: Node, key: string, value: string): string {
  const last = object.children?.at(-1);
  if (!last) return onlyProperty(text, root, object, `"${key}": ${value}`);
  const keyEnd = last.offset + (last.children?.[0]?.length ?? 0);
  const colon = /^\s*:\s*/.exec(text.slice(keyEnd, last.offset + last.length))?.[0] ?? ': ';
  return splice(text, last.offset, 0, `"${key}"${colon}${value},${gapBefore(text, last)}`);
}

/** The first property of an object, behind the comments that stand in it; on a line of its own where the file has lines. */
function onlyProperty(text: string, root: Node, object: Node, property: string): string {
  const close = object.offset + object.length - 1;
  const inside = text.slice(object.offset + 1, close);
  const start = object.offset + 1 + inside.trimEnd().length;
  const line = /\r?\n/.exec(text)?.[0];
  if (!line) return splice(text, start, close - start, property);
  const unit = (root.children?.[0] && indentAt(text, root.children[0].offset)) || '  ';
  const indent = indentAt(text, object.offset);
  return splice(text, start, close - start, `${line}${indent}${unit}${property}${line}${indent}`);
}

/** Takes out a property and one comma. Comments stay where they are; a line that held nothing else goes. */
function removeProperty(text: string, object: Node, property: Node): string {
  const siblings = object.children ?? [];
  const index = siblings.indexOf(property);
  const end = property.offset + property.length;
  const limit = siblings[index + 1]?.offset ?? object.offset + object.length;
  const after = commaBetween(text, end, limit);
  const before = siblings[index - 1];
  const leading =
    after < 0 && before ? commaBetween(text, before.offset + before.length, property.offset) : -1;
  const without = splice(text, property.offset, (after < 0 ? end : after + 1) - property.offset, '');
  const tidy = withoutBlank(without, property.offset);
  return leading < 0 ? tidy : splice(tidy, leading, 1, '');
}

/** Where the comma stands that is no part of a comment; -1 where there is none. */
function commaBetween(text: string, from: number, to: number): number {
  const plain = text.slice(from, to).replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (it) => ' '.repeat(it.length));
  const comma = plain.indexOf(',');
  return comma < 0 ? -1 : from + comma;
}

/** Removes the white space that a removal left at a place: the whole line where nothing else stands on it. */
function withoutBlank(text: string, at: number): string {
  const before = /[ \t]*$/.exec(text.slice(0, at))![0].length;
  const after = /^[ \t]*/.exec(text.slice(at))![0].length;
  const rest = text.slice(at + after);
  const line = /^\r?\n/.exec(rest)?.[0].length ?? 0;
  const startsLine = /(^|\n)$/.test(text.slice(0, at - before));
  if (line > 0 && startsLine) return splice(text, at - before, before + after + line, '');
  if (line > 0 || /^[}\]]/.test(rest)) return splice(text, at - before, before + after, '');
  return splice(text, at, after, '');
}

/** The white space between the comma or brace before a property and the property itself. */
function gapBefore(text: string, property: Node): string {
  return /\s*$/.exec(text.slice(0, property.offset))?.[0] ?? '';
}

function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))?.[0] ?? '';
}

function splice(text: string, offset: number, length: number, replacement: string): string {
  return text.slice(0, offset) + replacement + text.slice(offset + length);
}

/** What one entry of `ports` says: a number, a string, or an object with one of the keys for numbers. */
export function portIn(node: Node): Omit<ServicePort, 'name' | 'line'> {
  if (node.type === 'object') {
    const inner = numberNode(node);
    const told = inner && portIn(inner);
    const variable = textAt(node, ['env_var']);
    return {
      port: told?.port,
      protocol: textAt(node, ['protocol'])?.toLowerCase() === 'udp' ? 'udp' : 'tcp',
      variable: variable && VARIABLE.test(variable) ? variable : told?.variable,
      range: rangeIn(findNodeAtLocation(node, ['range'])),
      writable: inner === undefined || isWritable(inner),
    };
  }
  const value: unknown = getNodeValue(node);
  const template = typeof value === 'string' ? TEMPLATE.exec(value) : null;
  const digits =
    template?.[2] ?? (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
  const port = /^[1-9]\d{0,4}$/.test(digits) && Number(digits) <= 65535 ? Number(digits) : undefined;
  return { port, protocol: 'tcp', variable: template?.[1], range: undefined, writable: isWritable(node) };
}

/** The value that tells the number of an entry; of several keys the first that is there and is no word like `auto`. */
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

interface PortEntryNode {
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

function entryNamed(ports: Node, name: string): PortEntryNode | undefined {
  return entriesOf(ports).find((it) => (it.name ?? MAIN) === name);
}

/** What an element of a list is called: by its own name, or by its number where the list has more of them. */
function nameOf(element: Node): string | undefined {
  const alone = element.parent?.children?.length === 1;
  const { port } = portIn(element);
  return textAt(element, ['name']) ?? (alone || port === undefined ? undefined : `p${port}`);
}

function propertiesOf(object: Node | undefined): { name: string; property: Node; value: Node }[] {
  if (object?.type !== 'object') return [];
  return (object.children ?? []).flatMap((property) => {
    const [key, value] = property.children ?? [];
    return key && value ? [{ name: String(key.value), property, value }] : [];
  });
}

export function textAt(node: Node, path: string[]): string | undefined {
  const value: unknown = findNodeAtLocation(node, path)?.value;
  return typeof value === 'string' ? value : undefined;
}

function numberAt(node: Node, path: string[]): number | undefined {
  const value: unknown = findNodeAtLocation(node, path)?.value;
  return typeof value === 'number' ? value : undefined;
}

/** The tree of a document. Throws BAD_SERVICE_JSON. */
export function parseRoot(text: string, path: string): Node {
  const errors: ParseError[] = [];
  if (!shallow(text)) throw badJson(text, path, 0, 'is nested too deeply');
  // A byte order mark would be a syntax error; a space in its place keeps every offset.
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
  const error = errors[0];
  if (!error && root?.type === 'object') return root;
  throw badJson(
    text,
    path,
    error?.offset ?? 0,
    error ? printParseErrorCode(error.error) : 'is no JSON object',
  );
}

/** Of a key that is there twice programs read the last one and we would edit the first. Throws BAD_SERVICE_JSON. */
function refuseRepeated(text: string, path: string, root: Node): void {
  const ports = findNodeAtLocation(root, ['ports']);
  const entries = ports?.type === 'object' ? (ports.children ?? []) : [];
  const objects = [
    root,
    ports,
    findNodeAtLocation(root, ['service']),
    ...entries.map((it) => it.children?.[1]),
  ];
  for (const object of objects) {
    if (object?.type !== 'object') continue;
    const seen = new Set<string>();
    for (const { offset, children: [key] = [] } of object.children ?? []) {
      if (seen.has(key?.value))
        throw badJson(text, path, offset, `has the key ${JSON.stringify(key?.value)} twice`);
      seen.add(key?.value);
    }
  }
}

function badJson(text: string, path: string, offset: number, what: string): VportsError {
  const before = text.slice(0, offset).split('\n');
  const [line, column] = [before.length, before.at(-1)!.length + 1];
  return new VportsError('BAD_SERVICE_JSON', `${path}:${line}:${column}: ${what}`, {
    hint: 'mend the file and try again; nothing was written',
    details: { file: path, line, column, problem: what },
  });
}
