import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { shallow } from '../../policy/json-depth.js';
import { UnreadableDocument } from './port-entry.js';

/** More than anybody keeps in one file; parsing that many takes three seconds. */
const [MOST_DOCUMENTS, MOST_NODES] = [5_000, 250_000];

/** The documents of a YAML text. Aliases are followed where they are asked for, never unfolded. Throws UnreadableDocument. */
export function yamlDocuments(text: string): Document.Parsed[] {
  // Flow collections nest like JSON; block ones cost their author an indent a level.
  if (!shallow(text) || /^ {400}/m.test(text)) throw new UnreadableDocument('nested too deeply');
  if (countOf(text, /[\n,]/g) > MOST_NODES) throw new UnreadableDocument('too large for a document');
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent', uniqueKeys: false });
  if (!Array.isArray(documents)) return [];
  if (documents.length > MOST_DOCUMENTS)
    throw new UnreadableDocument(`more than ${MOST_DOCUMENTS} documents`);
  for (const { errors } of documents) {
    const [error] = errors;
    if (!error) continue;
    const { line, col } = lines.linePos(error.pos[0]);
    throw new UnreadableDocument(error.message.split('\n')[0]!.replace(/ at line \d+.*$/, ''), line, col);
  }
  return documents;
}

function countOf(text: string, what: RegExp): number {
  let count = 0;
  for (const _ of text.matchAll(what)) count++;
  return count;
}

/** A node, or the target of its alias. */
function resolved(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return targetsIn(document).get(node);
  return node as Node | undefined;
}

const TARGETS = new WeakMap<Document, Map<Alias, Node>>();

/** The target of each alias: the last earlier node with its anchor. yaml itself walks the document for each question. */
function targetsIn(document: Document): Map<Alias, Node> {
  const known = TARGETS.get(document);
  if (known) return known;
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_, alias) {
      const target = anchored.get(alias.source);
      if (target) targets.set(alias, target);
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  TARGETS.set(document, targets);
  return targets;
}

/** What was found under each key of a map: a map that many merge is looked at once. */
const FOUND = new WeakMap<YAMLMap, Map<string, Node | undefined>>();

/** The value of a key; a merge key (`<<`) adds what the map itself lacks. */
export function childOf(document: Document, node: unknown, key: string, depth = 0): Node | undefined {
  const map = resolved(document, node);
  if (!isMap(map)) return undefined;
  const known = FOUND.get(map) ?? new Map<string, Node | undefined>();
  FOUND.set(map, known);
  if (known.has(key)) return known.get(key);
  // A map that merges itself has nothing by that.
  known.set(key, undefined);
  const found = map.has(key) ? resolved(document, map.get(key, true)) : merged(document, map, key, depth);
  known.set(key, found);
  return found;
}

function merged(document: Document, map: YAMLMap, key: string, depth: number): Node | undefined {
  if (depth > DEEPEST_MERGE) throw new UnreadableDocument('maps merged too deeply');
  const target = resolved(document, map.get('<<', true));
  const sources = isSeq(target) ? target.items : [target];
  for (const source of sources) {
    const found = childOf(document, source, key, depth + 1);
    if (found) return found;
  }
  return undefined;
}

/** How often a map may merge one that merges one that … */
const DEEPEST_MERGE = 64;

/** Keys and values of a map, those of merge keys left out. */
export function pairsOf(document: Document, node: unknown): { key: string; value: Node | undefined }[] {
  const map = resolved(document, node);
  if (!isMap(map)) return [];
  return (map as YAMLMap).items.flatMap((pair) => {
    if (!isPair(pair) || !isScalar(pair.key) || pair.key.value === '<<') return [];
    return [{ key: String(pair.key.value), value: resolved(document, pair.value) }];
  });
}

export function itemsOf(document: Document, node: unknown): Node[] {
  const list = resolved(document, node);
  return isSeq(list) ? list.items.flatMap((item) => resolved(document, item) ?? []) : [];
}

/** A scalar as it is written, quotes and all, and where. Undefined for what is none. */
export function sourceOf(text: string, node: unknown): { source: string; offset: number } | undefined {
  if (!isScalar(node) || !node.range) return undefined;
  const [start, end] = (node as Scalar).range!;
  return { source: text.slice(start, end), offset: start };
}

export function textOf(node: unknown): string | undefined {
  return isScalar(node) && node.value !== null ? String(node.value) : undefined;
}
