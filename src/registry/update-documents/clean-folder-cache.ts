import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { blockOf, blockPath } from '../../../events/event-path.js';
import type { PortRef } from '../../../events/port.js';
import { attempt, unlessCode } from '../../attempt.js';
import { formatsOf } from '../../documents/formats/formats.js';
import { hasVariables } from '../../documents/plan-documents.js';
import { MISSING, PLACES, README } from '../../documents/resource-folder.js';
import type { FoundFolder } from '../../documents/resources-below.js';
import type { WalkedFolder } from '../../documents/walk.js';
import type { ReadText } from '../../files/reading-once.js';
import type { Cache } from '../../log/fold/index.js';
import { PROGRAM } from '../../program-hash.js';
import { holdingsOf, type View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';

/** Limit of kept entries: each edit of a document leaves an old one behind. */
const MOST = 20_000;

/** A folder that matched the registry, and what it depends on. */
interface CleanFolder {
  documents: string[];
  resource?: string | undefined;
  /** Blocks of a hundred ports that the resource or its documents concern. */
  blocks: string[];
}

interface Kept {
  program: string;
  blocks: Record<string, string>;
  right: Record<string, CleanFolder>;
  /** Whole clean trees, by key: their documents, from the root. */
  trees?: Record<string, string[]>;
}

/**
 * Folders that were as the registry has them: what was right once is right as long as no byte in them is another, and nothing has
 * happened to the ports they speak of and those of their resource. It need not be understood again. Files are read, and known by
 * their content; no clock is trusted.
 */
export class CleanFolderCache {
  readonly #cache: Cache | undefined;
  readonly #name: string;
  readonly #before: ReadonlyMap<string, CleanFolder>;
  readonly #now = new Map<string, CleanFolder>();
  readonly #treesBefore: ReadonlyMap<string, string[]>;
  readonly #treesNow = new Map<string, string[]>();

  private constructor(
    private readonly view: View,
    kept: { cache: Cache; prefix: string } | undefined,
    private readonly blocks: ReadonlyMap<string, string>,
  ) {
    this.#cache = kept?.cache;
    this.#name = `documents ${kept?.prefix}`;
    const before = kept?.cache.load(this.#name) as Kept | undefined;
    const isOurs = before?.program === PROGRAM;
    this.#before = isOurs ? stillRight(before, blocks, view) : new Map();
    const isSame = isOurs && isAlike(before.blocks, blocks);
    this.#treesBefore = new Map(isSame ? Object.entries(before.trees ?? {}) : []);
  }

  static async open(logs: Logs, view: View): Promise<CleanFolderCache> {
    return new CleanFolderCache(view, logs.cache(), await logs.blocks());
  }

  /** Undefined unless the folder with this key is clean. */
  documentsOf(key: string): string[] | undefined {
    const right = this.#before.get(key);
    if (right) this.#now.set(key, right);
    return right?.documents;
  }

  add(key: string, documents: string[], on: { resource: string | undefined; numbers: number[] }): void {
    const { resource, numbers } = on;
    const spoken = numbers.map((port): PortRef => ({ port, protocol: 'tcp' }));
    const own = resource === undefined ? [] : holdingsOf(this.view, resource);
    const blocks = new Set([...own, ...spoken].map((it) => blockPath(blockOf(it))));
    this.#now.set(key, { documents, resource, blocks: [...blocks] });
  }

  /** Undefined unless the tree with this key is clean and no event was added since. */
  documentsOfTree(key: string): string[] | undefined {
    const documents = this.#treesBefore.get(key);
    if (documents) this.#treesNow.set(key, documents);
    return documents;
  }

  addTree(key: string, documents: string[]): void {
    this.#treesNow.set(key, documents);
  }

  save(): void {
    const isKnown =
      [...this.#now.keys()].every((key) => this.#before.has(key)) &&
      [...this.#treesNow.keys()].every((key) => this.#treesBefore.has(key));
    if (isKnown) return;
    const all = new Map([...this.#before, ...this.#now]);
    const right = Object.fromEntries(all.size > MOST ? this.#now : all);
    const blocks = Object.fromEntries(this.blocks);
    this.#cache?.save(this.#name, {
      program: PROGRAM,
      blocks,
      right,
      trees: Object.fromEntries(this.#treesNow),
    } satisfies Kept);
  }
}

function isAlike(before: Record<string, string>, now: ReadonlyMap<string, string>): boolean {
  const entries = Object.entries(before);
  return entries.length === now.size && entries.every(([path, name]) => now.get(path) === name);
}

function stillRight(kept: Kept, now: ReadonlyMap<string, string>, view: View): Map<string, CleanFolder> {
  const before = new Map(Object.entries(kept.blocks));
  const changed = new Set([...before.keys(), ...now.keys()].filter((it) => before.get(it) !== now.get(it)));
  const all = Object.entries(kept.right);
  if (changed.size === 0) return new Map(all);
  const holdsThere = (resource: string) =>
    holdingsOf(view, resource).some((it) => changed.has(blockPath(blockOf(it))));
  return new Map(
    all.filter(
      ([, { resource, blocks }]) =>
        !blocks.some((it) => changed.has(it)) && !(resource !== undefined && holdsThere(resource)),
    ),
  );
}

/** A hash of names and contents of all documents. Undefined if one is unreadable. */
export function treeKeyOf(
  root: string,
  folders: readonly WalkedFolder[],
  read: ReadText,
): string | undefined {
  if (folders.some(({ unread }) => unread)) return undefined;
  const files = folders.flatMap(({ path, files: names }) => names.map((name) => join(path, name)));
  return attempt(() => {
    const hash = createHash('sha256');
    for (const file of files) {
      if (formatsOf(file).length === 0 && !file.endsWith('.md')) continue;
      const text = read(file);
      hash.update(`${file.slice(root.length)}\0${text.length}\0`).update(text);
    }
    return hash.digest('base64');
  });
}

/** Like treeKeyOf, for one folder. */
export function keyOf({ path, texts, names }: FoundFolder, read: ReadText): string | undefined {
  const hash = createHash('sha256');
  const take = (file: string) => {
    const text = unlessCode(MISSING, () => read(file));
    // The length prefix keeps a text from passing for the next name.
    hash.update(`${file.slice(path.length)}\0${text?.length ?? '-'}\0`);
    if (text !== undefined) hash.update(text);
    return text !== undefined;
  };
  return attempt(() => {
    PLACES.some((place) => take(join(path, place)));
    for (const name of [README, ...names.filter(hasVariables)]) take(join(path, name));
    for (const file of texts) take(file);
    return hash.digest('base64');
  });
}
