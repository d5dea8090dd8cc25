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

/** The documents of a YAML text. Aliases are followed where they are asked for, never unfolded. Throws UnreadableDocument. */
export function yamlDocuments(text: string): Document.Parsed[] {
  // Flow collections nest like JSON; block ones cost their author an indent a level.
  if (!shallow(text) || /^ {400}/m.test(text)) throw new UnreadableDocument('is nested too deeply');
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, logLevel: 'silent', uniqueKeys: false });
  if (!Array.isArray(documents)) return [];
  for (const { errors } of documents) {
    const [error] = errors;
    if (!error) continue;
    const { line, col } = lines.linePos(error.pos[0]);
    throw new UnreadableDocument(error.message.split('\n')[0]!.replace(/ at line \d+.*$/, ''), line, col);
  }
  return documents;
}

/** A node, or what its alias stands for. */
function resolved(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return targetsIn(document).get(node);
  return node as Node | undefined;
}

const TARGETS = new WeakMap<Document, Map<Alias, Node>>();

/** What each alias stands for: the last node before it that has its anchor. Asked one by one, yaml walks the document for each. */
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

/** What stands under a key; a merge key (`<<`) gives what the map itself has not. */
export function under(document: Document, node: unknown, key: string, depth = 0): Node | undefined {
  const map = resolved(document, node);
  if (!isMap(map)) return undefined;
  const own = map.get(key, true);
  if (own !== undefined) return resolved(document, own);
  const merged = map.get('<<', true);
  if (merged === undefined || depth > 8) return undefined;
  const target = resolved(document, merged);
  const sources = isSeq(target) ? target.items : [target];
  for (const source of sources) {
    const found = under(document, source, key, depth + 1);
    if (found) return found;
  }
  return undefined;
}

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
export function written(text: string, node: unknown): { source: string; offset: number } | undefined {
  if (!isScalar(node) || !node.range) return undefined;
  const [start, end] = (node as Scalar).range!;
  return { source: text.slice(start, end), offset: start };
}

export function textOf(node: unknown): string | undefined {
  return isScalar(node) && node.value !== null ? String(node.value) : undefined;
}
