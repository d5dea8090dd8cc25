import type { Protocol } from '../../../events/port.js';

/** What a document says of one port, and where it says it. */
export interface PortEntry {
  /** From 1. */
  line: number;
  column: number;
  /** Whose port it is, as far as the document itself says: a service of a compose file, the name in service.json. */
  resource?: string | undefined;
  /** What the document calls it: a key of `ports`, a column of a table. */
  name?: string | undefined;
  protocol: Protocol;
  /** The machine that runs it, or the inside of a container, which has ports of its own. */
  side: 'host' | 'container';
  /** Undefined where the document does not tell a number. */
  port?: number | undefined;
  /** Where the digits stand in the text; undefined where they are not to be replaced. */
  digits?: { offset: number; length: number } | undefined;
  /** As written, where it is no number: a range, `auto`, a variable. */
  wish?: string | undefined;
  /** The variable that carries it. */
  variable?: string | undefined;
  /** Whether the number is what holds where that variable is not set: `${API_PORT:-8090}`. */
  fallback?: true | undefined;
  /** Variables that it falls back on, and those that it stands beside: `${A:-${B:-8088}}`. */
  otherVariables?: readonly string[] | undefined;
  /** The environment file whose number counts here; the digits are then there, and the fallback here is of no use. */
  setIn?: string | undefined;
  unused?: number | undefined;
  /** What keeps names apart, where the document has that: a namespace. */
  scope?: string | undefined;
  /** The port inside the container that this one is published for. */
  inside?: number | undefined;
  /** The folder that its container is built of, as written, from the folder of the document. */
  builds?: string | undefined;
  /** Files that set the variables inside its container, as written. */
  environmentFiles?: readonly string[] | undefined;
  /** It takes the place of what other files of the project say (`!override`, `!reset`); without a number nothing does. */
  replaces?: true | undefined;
  /** The variable next to it that says on which machine it is: `DB_HOST` of `DB_PORT`. */
  address?: string | undefined;
  /** Why it is no port of ours, where the document itself shows that. */
  elsewhere?: string | undefined;
  /** Only spoken of here: in a health check, or on the other side of a colon. */
  mention?: true | undefined;
  /** The machine that it is a port of, where the document is about several. */
  host?: string | undefined;
  /** Who answers for it, and why it is held. */
  owner?: string | undefined;
  reason?: string | undefined;
}

/**
 * What a kind of document says of a number, the most telling first: a list names its owner, a publisher binds it on the machine, an
 * option has one program listen on it, a variable carries it to a program, a forward repeats it.
 */
export const SAYINGS = ['list', 'publisher', 'option', 'variable', 'forward'] as const;
export type Saying = (typeof SAYINGS)[number];

/** One kind of document. To add one: a file like these, and a line in formats.ts. */
export interface DocumentFormat {
  id: string;
  says: Saying;
  /** Whether a file of this name may be one; `path` is the name with the folders of its tree. */
  matches: (name: string, path: string) => boolean;
  /** Whether a text can hold what is read here, as far as a quick look tells: what cannot is not parsed. Default: any can. */
  fits?: (text: string) => boolean;
  /** What it says of ports, in its own order; `name` is that of the file. Throws UnreadableDocument. */
  read: (text: string, name?: string) => PortEntry[];
}

/** More than any document of people has: beyond it somebody wants to keep us busy. */
export const MOST_ENTRIES = 20_000;

/** Throws UnreadableDocument for more. */
export function requireFewEntries(count: number): void {
  if (count > MOST_ENTRIES) throw new UnreadableDocument(`more than ${MOST_ENTRIES} ports`);
}

/** As flatMap; ends as soon as it is too much, as one item can stand for a thousand ports. */
export function fewOf<Item, Entry>(items: Iterable<Item>, entriesOf: (item: Item) => Entry[]): Entry[] {
  const found: Entry[] = [];
  for (const item of items) {
    found.push(...entriesOf(item));
    requireFewEntries(found.length);
  }
  return found;
}

/** What cannot be understood, with the place where understanding ended. */
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

/** Line and column of an offset, both from 1. Reads the text once. */
export function placesIn(text: string): (offset: number) => { line: number; column: number } {
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

/** `API_PORT`, `PORT`, `WEB_PORT_UDP`, `PORT_UI` and `X_PORT_NUMBER` carry ports; `REPORT` and `PORTAL` do not. */
export function isPortVariable(name: string): boolean {
  return /^(?:[A-Z0-9_]*_)?PORT(?:_(?:TCP|UDP|NUMBER))?$|^PORT_[A-Z0-9_]+$/i.test(name);
}

/** `X_UDP_PORT`, `X_PORT_UDP`. */
export function isUdpVariable(name: string): boolean {
  return /_UDP$|_UDP_PORT(_NUMBER)?$/i.test(name);
}
