import type { Node } from 'jsonc-parser';
import { parseRoot, propertiesOf } from '../json-tree.js';
import { entriesNamed, numberNode, type PortEntryNode, portGroups, TEMPLATE } from './service-ports.js';

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
  const values = lastFirst(entriesNamed(root, name).map(({ value }) => value));
  if (values.length > 0) return values.reduce((edited, value) => withNumber(edited, root, value, port), text);
  const [group] = portGroups(root);
  if (!group) {
    const edited = insertProperty(text, root, root, 'ports', '{}');
    return withPort(edited, parseRoot(edited, ''), name, port);
  }
  return group.type === 'object' ? insertProperty(text, root, group, name, String(port)) : text;
}

/** Edits from the end on leave the places before them where they are. */
function lastFirst<T extends { offset: number }>(nodes: T[]): T[] {
  return nodes.sort((a, b) => b.offset - a.offset);
}

function withNumber(text: string, root: Node, value: Node, port: number): string {
  if (value.type === 'object') {
    const inner = numberNode(value);
    return inner ? replaceNumber(text, inner, port) : insertProperty(text, root, value, 'port', String(port));
  }
  return replaceNumber(text, value, port);
}

/** Only the digits change: a number stays a number, a string a string, a template keeps its variable. */
function replaceNumber(text: string, node: Node, port: number): string {
  const source = text.slice(node.offset, node.offset + node.length);
  if (node.type === 'number' && node.value === port) return text;
  if (node.type === 'number' || node.type === 'null' || source === '""') {
    return splice(text, node.offset, node.length, String(port));
  }
  if (node.type !== 'string') return text;
  const digits = TEMPLATE.test(node.value) ? /\d+(?=\}"$)/ : /^(?<=")\d+(?="$)|(?<=^")\d+(?="$)/;
  return splice(text, node.offset, node.length, source.replace(digits, String(port)));
}

function without(text: string, root: Node, name: string): string {
  const values = lastFirst(entriesNamed(root, name).map((it) => ({ ...it, offset: it.value.offset })));
  return values.reduce(withoutNumber, text);
}

function withoutNumber(text: string, entry: PortEntryNode): string {
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
  // The white space between the comma or brace before it and the property itself.
  const gap = /\s*$/.exec(text.slice(0, last.offset))?.[0] ?? '';
  return splice(text, last.offset, 0, `"${key}"${colon}${value},${gap}`);
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

/** Position of the first comma outside of comments, or -1. */
function commaBetween(text: string, from: number, to: number): number {
  const plain = text.slice(from, to).replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (it) => ' '.repeat(it.length));
  const comma = plain.indexOf(',');
  return comma < 0 ? -1 : from + comma;
}

/** Removes the white space that a removal left at a place: the whole line if it is otherwise empty. */
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

function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))?.[0] ?? '';
}

function splice(text: string, offset: number, length: number, replacement: string): string {
  return text.slice(0, offset) + replacement + text.slice(offset + length);
}
