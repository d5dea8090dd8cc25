import { dirname, join, relative, sep } from 'node:path';
import { planDocuments } from '../documents/documents.js';
import { openResourceFolder, resourceFolderOf } from '../documents/resource-folder.js';
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
import { type Prose, staleProse } from './stale-prose.js';
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
  const result: BroughtDocuments = { documents: [], problems: [], warnings: [] };
  const texts: Prose[] = [];
  const writes: { path: string; text: string }[] = [];
  for (const root of paths) {
    const found = resourcesBelow(root);
    if (found.length === 0) namedResource(root);
    for (const { path, texts: own, names } of found) {
      const looked = await look(view, path, names, path === root);
      if ('unreadable' in looked) {
        result.problems.push(looked.unreadable);
        continue;
      }
      if (!looked.told) continue;
      const { resource, readme } = looked.told;
      texts.push(
        ...own.map((file) => ({
          file,
          resource,
          ...(file === readme.path && { text: readme.text ?? '' }),
        })),
      );
      const { documents, warnings, problems } = looked;
      result.documents.push(...documents.map((it) => ({ path: it.path, changed: it.changed })));
      result.warnings.push(...warnings);
      writes.push(...documents.filter(({ changed }) => changed));
      if (!write) result.problems.push(...problems);
    }
  }
  result.problems.push(...(await staleProse(logs, view, texts)));
  if (write) {
    await logs.alone('documents', async () => {
      for (const document of writes) {
        const failed = writeDocument(document);
        if (!failed) continue;
        result.warnings.push(failed);
        result.documents = result.documents.map((it) =>
          it.path === document.path ? { ...it, changed: false } : it,
        );
      }
    });
  }
  return { ...result, problems: sorted(result.problems, paths[0]!) };
}

interface Looked {
  /** Undefined for a folder that names no resource, or whose ports are leases. */
  told: ToldFolder | undefined;
  documents: { path: string; changed: boolean; text: string }[];
  problems: DocumentProblem[];
  warnings: Warning[];
}

async function look(
  view: View,
  path: string,
  names: string[],
  named: boolean,
): Promise<Looked | { unreadable: DocumentProblem }> {
  try {
    const folder = openResourceFolder(path);
    const told = toldPorts(path, folder);
    if (!told) return { told, documents: [], problems: [], warnings: [] };
    const resource = requireResource(told.resource);
    for (const { name } of told.told) requirePortName(name);
    const claims = holdingsOf(view, resource).filter((it) => !it.lease);
    const { documents, warnings } = await planDocuments(
      folder,
      { resource, claims, released: [] },
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
    return { unreadable: unreadableProblem(unreadBy(error, path)) };
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
  /** Of all files in the folder itself. */
  names: string[];
}

/** Folders with a service.json at and below a folder, by name. */
function resourcesBelow(root: string): FoundResource[] {
  const found = new Map<string, string[]>();
  const texts: string[] = [];
  const names = new Map<string, string[]>();
  for (const { path, files, all } of walk(root)) {
    names.set(path, all);
    if (files.includes('service.json')) found.set(resourceFolderOf(path, root), []);
    texts.push(...files.filter((name) => name.endsWith('.md')).map((name) => join(path, name)));
  }
  for (const file of texts) {
    for (let at = dirname(file); ; at = dirname(at)) {
      found.get(at)?.push(file);
      if (found.has(at) || at === root || dirname(at) === at) break;
    }
  }
  return [...found]
    .map(([path, own]) => ({ path, texts: own, names: names.get(path)! }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function sorted(problems: DocumentProblem[], root: string): DocumentProblem[] {
  const base = workTreeOf(root) ?? root;
  return problems
    .map((it) => ({ ...it, file: relative(base, it.file).split(sep).join('/') }))
    .sort((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1));
}
