import type { Protocol } from '../../../events/port.js';

/** One port in a document, with its place. */
export interface PortEntry {
  /** From 1. */
  line: number;
  column: number;
  /** The owner, if the document names it: a service of a compose file, the name in service.json. */
  resource?: string | undefined;
  /** The port's name in the document: a key of `ports`, a column of a table. */
  name?: string | undefined;
  protocol: Protocol;
  /** The machine that runs it, or the inside of a container, which has ports of its own. */
  side: 'host' | 'container';
  /** Undefined if the document has no number. */
  port?: number | undefined;
  /** Position of the digits in the text; undefined if they must not be replaced. */
  digits?: { offset: number; length: number } | undefined;
  /** The source text if it is not a number: a range, `auto`, a variable. */
  wish?: string | undefined;
  /** The variable that carries it. */
  variable?: string | undefined;
  /** Whether the number is the fallback of that variable: `${API_PORT:-8090}`. */
  fallback?: true | undefined;
  /** Other variables of the same expression: `${A:-${B:-8088}}`. */
  otherVariables?: readonly string[] | undefined;
  /** The environment file that sets the variable: its digits count, and the fallback here is unused. */
  setIn?: string | undefined;
  unused?: number | undefined;
  /** A namespace, if the document has one. */
  scope?: string | undefined;
  /** The container port that this one publishes. */
  inside?: number | undefined;
  /** Build context of its container, as written, relative to the document. */
  builds?: string | undefined;
  /** Files that set the variables inside its container, as written. */
  environmentFiles?: readonly string[] | undefined;
  /** Replaces the entries of other files of the project (`!override`, `!reset`); without a number it removes them. */
  replaces?: true | undefined;
  /** The variable that names its machine: `DB_HOST` of `DB_PORT`. */
  address?: string | undefined;
  /** Why it belongs to another program, if the document shows that. */
  elsewhere?: string | undefined;
  /** Only a mention: in a health check, or on the container side of a colon. */
  mention?: true | undefined;
  /** Its machine, in a document about several. */
  host?: string | undefined;
  /** The owner and the reason. */
  owner?: string | undefined;
  reason?: string | undefined;
}

/**
 * How a kind of document mentions a number, strongest claim first: a list names its owner, a publisher binds it on the machine, an
 * option makes a program listen on it, a variable passes it to a program, a forward repeats it.
 */
export const SAYINGS = ['list', 'publisher', 'option', 'variable', 'forward'] as const;
export type Saying = (typeof SAYINGS)[number];

/** One kind of document. To add one: a file like these, and a line in formats.ts. */
export interface DocumentFormat {
  id: string;
  says: Saying;
  /** Whether a file of this name may be one; `path` includes the folders of its tree. */
  matches: (name: string, path: string) => boolean;
  /** A quick check whether a text is worth parsing. Default: every text is. */
  fits?: (text: string) => boolean;
  /** Its ports in source order; `name` is the file's. Throws UnreadableDocument. */
  read: (text: string, name?: string) => PortEntry[];
}

/** More than any honest document has; beyond it somebody wants to keep us busy. */
export const MOST_ENTRIES = 20_000;

/** Throws UnreadableDocument for more. */
export function requireFewEntries(count: number): void {
  if (count > MOST_ENTRIES) throw new UnreadableDocument(`more than ${MOST_ENTRIES} ports`);
}

/** flatMap that stops at the limit, because one item can expand to a thousand ports. */
export function fewOf<Item, Entry>(items: Iterable<Item>, entriesOf: (item: Item) => Entry[]): Entry[] {
  const found: Entry[] = [];
  for (const item of items) {
    found.push(...entriesOf(item));
    requireFewEntries(found.length);
  }
  return found;
}

/** A document that cannot be parsed, with the place of the error. */
export class UnreadableDocument extends Error {
  override readonly name = 'UnreadableDocument';
  constructor(
    message: string,
    readonly line = 1,
    readonly column = 1,
  ) {
    super(message);
  }
}

/** Line and column of an offset, both from 1. */
export type Place = (offset: number) => { line: number; column: number };

/** Reads the text once. */
export function placesIn(text: string): Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

/** The lines of a text without their ends, and where each begins. */
export function linesIn(text: string, end = '\n'): { line: string; offset: number }[] {
  let next = 0;
  return text.split(end).map((line) => {
    const offset = next;
    next += line.length + 1;
    return { line: line.replace(/\r$/, ''), offset };
  });
}

/** `API_PORT`, `PORT`, `WEB_PORT_UDP`, `PORT_UI` and `X_PORT_NUMBER` carry ports; `REPORT` and `PORTAL` do not. */
export function isPortVariable(name: string): boolean {
  return /^(?:[A-Z0-9_]*_)?PORT(?:_(?:TCP|UDP|NUMBER))?$|^PORT_[A-Z0-9_]+$/i.test(name);
}

/** `X_UDP_PORT`, `X_PORT_UDP`. */
export function isUdpVariable(name: string): boolean {
  return /_UDP$|_UDP_PORT(_NUMBER)?$/i.test(name);
}
