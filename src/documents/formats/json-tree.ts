import { findNodeAtLocation, type Node, type ParseError, parseTree } from 'jsonc-parser';
import { VportsError } from '../../errors.js';
import { jsonProblem } from '../../json-problem.js';
import { shallow } from '../../policy/json-depth.js';
import { UnreadableDocument } from './port-entry.js';

/** The tree of a document. Throws BAD_SERVICE_JSON. */
export function parseRoot(text: string, path: string): Node {
  const errors: ParseError[] = [];
  if (!shallow(text)) throw badJson(text, path, 0, 'nested too deeply');
  // A byte order mark would be a syntax error; a space in its place keeps every offset.
  const root = parseTree(text.replace(/^\uFEFF/, ' '), errors, { allowTrailingComma: true });
  const error = errors[0];
  if (!error && root?.type === 'object') return root;
  throw badJson(text, path, error?.offset ?? 0, error ? jsonProblem(error.error) : 'is not a JSON object');
}

/** The same for a document that is only read. Throws UnreadableDocument. */
export function readRoot(text: string, path: string): Node {
  try {
    return parseRoot(text, path);
  } catch (error) {
    throw asUnreadable(error);
  }
}

/** A BAD_SERVICE_JSON as what a reader of documents throws. */
export function asUnreadable(error: unknown): unknown {
  if (!(error instanceof VportsError)) return error;
  const { problem, line, column } = error.details as { problem: string; line: number; column: number };
  return new UnreadableDocument(problem, line, column);
}

export function badJson(text: string, path: string, offset: number, what: string): VportsError {
  const before = text.slice(0, offset).split('\n');
  const [line, column] = [before.length, before.at(-1)!.length + 1];
  return new VportsError('BAD_SERVICE_JSON', `${path}:${line}:${column}: ${what}`, {
    hint: 'fix the file and try again; nothing was written',
    details: { file: path, line, column, problem: what },
  });
}

export function propertiesOf(object: Node | undefined): { name: string; property: Node; value: Node }[] {
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

export function numberAt(node: Node, path: string[]): number | undefined {
  const value: unknown = findNodeAtLocation(node, path)?.value;
  return typeof value === 'number' ? value : undefined;
}

/** The texts in a list, or the one in its place. */
export function textsAt(node: Node, path: string[]): string[] {
  const found = findNodeAtLocation(node, path);
  const values = found?.type === 'array' ? (found.children ?? []) : found ? [found] : [];
  return values.flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
}
