import { basename, dirname, join, relative, sep } from 'node:path';
import type { PortKey } from '../../events/port.js';
import { planDocuments } from '../documents/documents.js';
import { openResourceFolder, RUN_FOLDERS, resourceFolderOf } from '../documents/resource-folder.js';
import { type ToldFolder, toldPorts } from '../documents/told-ports.js';
import { unreadBy } from '../documents/unread.js';
import { walk } from '../documents/walk.js';
import { writeDocument } from '../documents/write-document.js';
import type { Warning } from '../errors.js';
import { workTreeOf } from '../log/repository.js';
import { shellWord } from '../shell-word.js';
import { type DocumentProblem, fromDrift } from './document-check.js';
import { inDocuments } from './document-drift.js';
import type { DocumentChange } from './documents.js';
import { unreadableProblem } from './documents-here.js';
import { namedResource } from './folders.js';
import { requirePortName, requireResource } from './input.js';
import type { Logs } from './logs.js';
import { freeNumbersIn, movedSince, type Prose, staleProse } from './stale-prose.js';
import { holdingsOf, type View } from './view.js';
import { viewOf } from './view-of.js';

export interface BroughtDocuments {
  documents: DocumentChange[];
  /** What was not as the registry has it; what is left of it after writing. */
  problems: DocumentProblem[];
  warnings: Warning[];
}

/**
 * The documents of all resources at and below these paths, held against the registry and, with `write`, brought in line.
 * Throws BAD_SERVICE_JSON for a named folder that is broken, or that has nothing below it either.
 */
export async function docsBelow(
  logs: Logs,
  paths: string[],
  { write }: { write: boolean },
): Promise<BroughtDocuments> {
  const view = await viewOf(logs, new Set());
  const parts = await partsBelow(logs, view, paths);
  const problems = write
    ? parts.flatMap(({ unreadable }) => unreadable ?? [])
    : parts.flatMap(({ unreadable, problems: own }) => unreadable ?? own);
  const stale = await staleProse(
    logs,
    view,
    parts.flatMap(({ texts }) => texts),
  );
  const failed = write ? await written(logs, parts) : new Map<string, Warning>();
  return {
    documents: parts
      .flatMap(({ documents }) => documents)
      .map(({ path, changed }) => ({ path, changed: changed && !failed.has(path) })),
    problems: sorted([...problems, ...stale], paths[0]!),
    warnings: [...parts.flatMap(({ warnings }) => warnings), ...failed.values()],
  };
}

/** Writes what has changed; what could not be written, by path. */
function written(logs: Logs, parts: Part[]): Promise<Map<string, Warning>> {
  return logs.alone('documents', async () => {
    const failed = new Map<string, Warning>();
    for (const { writes } of parts) {
      for (const document of writes) {
        const warning = writeDocument(document);
        if (warning) failed.set(document.path, warning);
      }
    }
    return failed;
  });
}

/** What comes of one folder. */
interface Part {
  unreadable?: DocumentProblem;
  documents: DocumentChange[];
  writes: { path: string; text: string }[];
  problems: DocumentProblem[];
  warnings: Warning[];
  texts: Prose[];
}

/** Every folder at and below these paths is looked at once; and once more where it has a number without a name that has moved. */
async function partsBelow(logs: Logs, view: View, paths: string[]): Promise<Part[]> {
  const folders = paths.flatMap((root) => {
    const found = resourcesBelow(root);
    if (found.length === 0) namedResource(root);
    return found.map((it) => ({ ...it, named: it.path === root }));
  });
  const parts: Part[] = [];
  const unsure: { index: number; resource: string; numbers: number[] }[] = [];
  for (const [index, folder] of folders.entries()) {
    const looked = await look(view, folder);
    parts.push(partOf(folder, looked));
    const { told, documents } = looked;
    if (!told) continue;
    // service.json and the README's block have a name for each number.
    const others = documents.filter(({ path }) => path !== told.readme.path && path !== told.service.file);
    const numbers = others.flatMap(({ before }) => freeNumbersIn(before, view));
    if (numbers.length > 0) unsure.push({ index, resource: told.resource, numbers });
  }
  const moved = await movedSince(logs, view, unsure);
  for (const { index, resource } of unsure) {
    const own = moved.get(resource);
    if (own) parts[index] = partOf(folders[index]!, await look(view, folders[index]!, own));
  }
  return parts;
}

function partOf({ texts }: FoundResource, { unreadable, told, documents, problems, warnings }: Looked): Part {
  const proseOf = ({ resource, readme }: ToldFolder) =>
    texts.map((file) => ({ file, resource, ...(file === readme.path && { text: readme.text ?? '' }) }));
  return {
    ...(unreadable && { unreadable }),
    documents: documents.map(({ path, changed }) => ({ path, changed })),
    writes: documents.filter(({ changed }) => changed),
    problems,
    warnings,
    texts: told ? proseOf(told) : [],
  };
}

interface Looked {
  unreadable?: DocumentProblem;
  /** Undefined for a folder that names no resource, or whose ports are leases. */
  told: ToldFolder | undefined;
  documents: { path: string; before: string; changed: boolean; text: string }[];
  problems: DocumentProblem[];
  warnings: Warning[];
}

async function look(
  view: View,
  { path, names, named }: FoundResource & { named: boolean },
  moved?: ReadonlyMap<PortKey, number>,
): Promise<Looked> {
  try {
    const folder = openResourceFolder(path);
    const told = toldPorts(path, folder);
    if (!told) return { told, documents: [], problems: [], warnings: [] };
    const resource = requireResource(told.resource);
    for (const { name } of told.told) requirePortName(name);
    const claims = holdingsOf(view, resource).filter((it) => !it.lease);
    const { documents, warnings } = await planDocuments(
      folder,
      { resource, claims, released: [], moved },
      { readme: told.readme, names },
    );
    const readmeRight = documents.some((it) => it.path === told.readme.path && !it.changed);
    const drift = inDocuments(view, told, [told], readmeRight).drift.filter(
      ({ kind }) => kind !== 'service-json-unrecorded',
    );
    const wrong = documents.flatMap(({ path: file, wrong: all }) =>
      all.map((it): DocumentProblem => wrongIn(file, it, path)),
    );
    return { told, documents, problems: [...drift.map(fromDrift), ...wrong], warnings };
  } catch (error) {
    if (named) throw error;
    const unreadable = unreadableProblem(unreadBy(error, path));
    return { unreadable, told: undefined, documents: [], problems: [], warnings: [] };
  }
}

function wrongIn(
  file: string,
  {
    line,
    column,
    variable,
    port,
    wanted,
  }: { line: number; column: number; variable?: string; port: number; wanted: number },
  folder: string,
): DocumentProblem {
  return {
    code: 'WRONG_PORT',
    level: 'error',
    file,
    line,
    column,
    port,
    message: `${variable ?? 'the port'} is ${wanted} in the registry, and ${port} here`,
    fix: `vports docs ${shellWord(folder)}`,
  };
}

interface FoundResource {
  path: string;
  /** Markdown that is in the folder and in no folder of another resource. */
  texts: string[];
  /** Of all files in the folder itself, and in those that say how it is run. */
  names: string[];
}

/** Folders with a service.json at and below a folder, by name. */
function resourcesBelow(root: string): FoundResource[] {
  const found = new Map<string, FoundResource>();
  const texts: string[] = [];
  const names = new Map<string, string[]>();
  const run: string[] = [];
  for (const { path, files, all } of walk(root)) {
    names.set(path, all);
    if (files.includes('service.json')) {
      const folder = resourceFolderOf(path, root);
      found.set(folder, { path: folder, texts: [], names: [] });
    }
    if (RUN_FOLDERS.has(basename(path))) run.push(path);
    texts.push(...files.filter((name) => name.endsWith('.md')).map((name) => join(path, name)));
  }
  for (const it of found.values()) it.names.push(...names.get(it.path)!);
  for (const path of run) {
    const below = names.get(path)!.map((name) => join(basename(path), name));
    if (!found.has(path)) found.get(dirname(path))?.names.push(...below);
  }
  for (const file of texts) {
    for (let at = dirname(file); ; at = dirname(at)) {
      found.get(at)?.texts.push(file);
      if (found.has(at) || at === root || dirname(at) === at) break;
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function sorted(problems: DocumentProblem[], root: string): DocumentProblem[] {
  const base = workTreeOf(root) ?? root;
  return problems
    .map((it) => ({ ...it, file: relative(base, it.file).split(sep).join('/') }))
    .sort((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1));
}
