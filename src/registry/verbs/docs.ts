import { join, relative } from 'node:path';
import type { PortKey } from '../../../events/port.js';
import { type DeclaredFolder, declaredPorts } from '../../documents/declared-ports.js';
import { formatsOf } from '../../documents/formats/formats.js';
import type { PlannedDocument } from '../../documents/plan.js';
import { planDocuments } from '../../documents/plan-documents.js';
import { readDocumentText } from '../../documents/read-documents.js';
import { type ReadFailure, readFailureOf } from '../../documents/read-failure.js';
import { openResourceFolder } from '../../documents/resource-folder.js';
import { type FoundFolder, resourcesBelow } from '../../documents/resources-below.js';
import { type WalkedFolder, walk } from '../../documents/walk.js';
import type { Warning } from '../../errors.js';
import { type ReadText, readingOnce } from '../../files/reading-once.js';
import { shellWord } from '../../files/shell-word.js';
import { workTreeOf } from '../../files/work-tree.js';
import { fromDrift } from '../decide/drift/document-check.js';
import { inDocuments } from '../decide/drift/document-drift.js';
import type { DocumentProblem } from '../decide/drift/document-problem.js';
import { claimsOf, type View } from '../decide/view.js';
import { requirePortName, requireResource } from '../input.js';
import { namedResource } from '../locate/folders.js';
import type { Logs } from '../state/logs.js';
import { lensNow } from '../state/views.js';
import { bringNumbers, type WalkedTree } from '../update-documents/bring-numbers.js';
import { CleanFolderCache, keyOf, treeKeyOf } from '../update-documents/clean-folder-cache.js';
import { inOrder } from '../update-documents/compare-tree.js';
import {
  type MentionHere,
  movedSince,
  numbersIn,
  portMentionsIn,
  staleProse,
} from '../update-documents/stale-prose.js';
import { type DocumentChange, writeAll } from '../update-documents/write-documents.js';
import { unreadableProblem } from './read/ci.js';

export interface BroughtDocuments {
  documents: DocumentChange[];
  /** Problems left after writing. */
  problems: DocumentProblem[];
  warnings: Warning[];
}

/**
 * Compares the documents of all resources at and below these paths with the registry and, with `write`, updates them.
 * Throws BAD_SERVICE_JSON for a named folder whose documents are broken, or that has none.
 */
export async function bringDocumentsInStep(
  logs: Logs,
  paths: string[],
  { write }: { write: boolean },
): Promise<BroughtDocuments> {
  const { view } = await lensNow(logs);
  const right = await CleanFolderCache.open(logs, view);
  const read = readingOnce(readDocumentText);
  const trees = paths.map((root) => ({ root, folders: [...walk(root, undefined, logs.progress)] }));
  const keys = trees.map(({ root, folders }) => treeKeyOf(root, folders, read));
  const known = keys.map((key) => (key === undefined ? undefined : right.documentsOfTree(key)));
  if (known.every((it) => it !== undefined)) return rightAlready(trees, known);
  const parts = await partsBelow(logs, view, trees, { right, read });
  const stale = await staleProse(
    logs,
    view,
    parts.flatMap(({ mentions }) => mentions),
  );
  keep(right, parts, new Set(stale.map(({ file }) => file)));
  const problems = write
    ? parts.flatMap(({ unreadable }) => unreadable ?? [])
    : parts.flatMap(({ unreadable, problems: own }) => unreadable ?? own);
  const failed = write
    ? await writeAll(
        logs,
        parts.flatMap(({ writes }) => writes),
      )
    : new Map<string, Warning>();
  const now = write ? readingOnce(readDocumentText) : read;
  const others = await bringNumbers(logs, view, trees, { read: now, write });
  const documents = new Map(
    parts
      .flatMap((it) => it.documents)
      .map(({ path, changed }) => [path, { path, changed: changed && !failed.has(path) }]),
  );
  for (const it of others.documents) if (it.changed || !documents.has(it.path)) documents.set(it.path, it);
  const brought: BroughtDocuments = {
    documents: [...documents.values()],
    problems: inOrder([...stale, ...problems, ...others.problems], workTreeOf(paths[0]!) ?? paths[0]!),
    warnings: [...parts.flatMap(({ warnings }) => warnings), ...failed.values(), ...others.warnings],
  };
  const [key, tree] = [keys[0], trees[0]!];
  if (trees.length === 1 && key !== undefined && !others.hasMoved && isQuiet(brought))
    right.addTree(
      key,
      brought.documents.map(({ path }) => relative(tree.root, path)),
    );
  right.save();
  return brought;
}

function isQuiet({ documents, problems, warnings }: BroughtDocuments): boolean {
  return problems.length === 0 && warnings.length === 0 && documents.every(({ changed }) => !changed);
}

function rightAlready(trees: WalkedTree[], known: string[][]): BroughtDocuments {
  const documents = trees.flatMap(({ root }, index) =>
    known[index]!.map((name) => ({ path: join(root, name), changed: false })),
  );
  return { documents, problems: [], warnings: [] };
}

function keep(right: CleanFolderCache, parts: Part[], stale: ReadonlySet<string>): void {
  for (const part of parts) {
    const { path, key, resource, documents, numbers, mentions } = part;
    if (!key || part.unreadable || !isQuiet(part)) continue;
    if (mentions.some(({ file }) => stale.has(file))) continue;
    const names = documents.map((it) => relative(path, it.path));
    right.add(key, names, { resource, numbers: [...numbers, ...mentions.map(({ port }) => port)] });
  }
}

function hasDocuments(folders: WalkedFolder[]): boolean {
  return folders.some(({ path, files }) => files.some((name) => formatsOf(join(path, name)).length > 0));
}

interface Part {
  path: string;
  /** Hash of its documents; undefined if one is unreadable, or the result must not be cached. */
  key?: string | undefined;
  resource: string | undefined;
  unreadable?: DocumentProblem | undefined;
  documents: DocumentChange[];
  writes: { path: string; text: string }[];
  problems: DocumentProblem[];
  warnings: Warning[];
  numbers: number[];
  mentions: MentionHere[];
}

const NOTHING: Omit<Part, 'path'> = {
  resource: undefined,
  documents: [],
  writes: [],
  problems: [],
  warnings: [],
  numbers: [],
  mentions: [],
};

/**
 * Checks each folder at and below these paths that is not known to be right, and again if it has an unnamed number whose port has
 * moved.
 */
async function partsBelow(
  logs: Logs,
  view: View,
  trees: WalkedTree[],
  { right, read }: { right: CleanFolderCache; read: ReadText },
): Promise<Part[]> {
  const unread: ReadFailure[] = [];
  const folders = trees.flatMap(({ root, folders: walked }) => {
    const found = resourcesBelow(root, unread, walked);
    if (found.length === 0 && unread.length === 0 && !hasDocuments(walked)) namedResource(root);
    return found.map((it) => ({ ...it, named: it.path === root }));
  });
  const parts: Part[] = [];
  for (const folder of folders) {
    const key = keyOf(folder, read);
    const known = key === undefined ? undefined : right.documentsOf(key);
    if (known) {
      const documents = known.map((name) => ({ path: join(folder.path, name), changed: false }));
      parts.push({ ...NOTHING, path: folder.path, documents });
      continue;
    }
    const looked = await look(view, folder, read);
    parts.push({ path: folder.path, key, ...partOf(looked), ...numbersOf(folder, looked, read) });
  }
  const moved = await movedSince(
    logs,
    view,
    parts.flatMap(({ resource, numbers }) => (resource === undefined ? [] : [{ resource, numbers }])),
  );
  for (const [index, part] of parts.entries()) {
    const own = part.numbers.length > 0 && part.resource !== undefined && moved.get(part.resource);
    if (own) parts[index] = { ...part, ...partOf(await look(view, folders[index]!, readingOnce(), own)) };
  }
  return [
    ...parts,
    ...unread.map((it) => ({ ...NOTHING, path: it.file, unreadable: unreadableProblem(it) })),
  ];
}

/** Numbers without a name. */
function numbersOf(
  { texts }: FoundFolder,
  { declared, documents }: Looked,
  read: ReadText,
): Pick<Part, 'resource' | 'numbers' | 'mentions'> {
  if (!declared) return { resource: undefined, numbers: [], mentions: [] };
  const { resource, readme, service } = declared;
  // service.json and the README block name every number.
  const others = documents.filter(({ path }) => path !== readme.path && path !== service.file);
  return {
    resource,
    numbers: others.flatMap(({ before }) => numbersIn(before)),
    mentions: texts.flatMap((file) => portMentionsIn(file, resource, read)),
  };
}

function partOf({ unreadable, documents, problems, warnings }: Looked) {
  return {
    ...(unreadable && { unreadable }),
    documents: documents.map(({ path, changed }) => ({ path, changed })),
    writes: documents.filter(({ changed }) => changed),
    problems,
    warnings,
  };
}

interface Looked {
  unreadable?: DocumentProblem | undefined;
  declared: DeclaredFolder | undefined;
  documents: { path: string; before: string; changed: boolean; text: string }[];
  problems: DocumentProblem[];
  warnings: Warning[];
}

async function look(
  view: View,
  { path, names, named }: FoundFolder & { named: boolean },
  read: ReadText,
  moved?: ReadonlyMap<PortKey, number>,
): Promise<Looked> {
  try {
    const folder = openResourceFolder(path, read);
    const declared = declaredPorts(path, folder, read);
    if (!declared) return { declared, documents: [], problems: [], warnings: [] };
    const resource = requireResource(declared.resource);
    for (const { name } of declared.ports) requirePortName(name);
    const claims = claimsOf(view, resource);
    const { documents, warnings } = await planDocuments(
      folder,
      { resource, claims, released: [], moved, addReadme: view.policy.documents.readme === 'required' },
      { readme: declared.readme, names, read },
    );
    const readmeRight = documents.some((it) => it.path === declared.readme.path && !it.changed);
    const drift = inDocuments(view, declared, [declared], readmeRight).drift.filter(
      ({ kind }) => kind !== 'service-json-unrecorded',
    );
    const wrong = documents.flatMap(({ path: file, wrong: all }) =>
      all.map((it): DocumentProblem => wrongIn(file, it, path)),
    );
    return { declared, documents, problems: [...drift.map(fromDrift), ...wrong], warnings };
  } catch (error) {
    if (named) throw error;
    const unreadable = unreadableProblem(readFailureOf(error, path));
    return { unreadable, declared: undefined, documents: [], problems: [], warnings: [] };
  }
}

function wrongIn(
  file: string,
  { line, column, variable, port, wanted }: PlannedDocument['wrong'][number],
  folder: string,
): DocumentProblem {
  return {
    code: 'WRONG_PORT',
    level: 'error',
    file,
    line,
    column,
    port,
    message: `${variable ?? 'the port'} is ${port} here, but ${wanted} in the registry`,
    fix: `vports docs ${shellWord(folder)}`,
  };
}
