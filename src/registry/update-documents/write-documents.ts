import { existsSync, realpathSync } from 'node:fs';
import type { DocumentFacts } from '../../documents/plan.js';
import { planDocuments } from '../../documents/plan-documents.js';
import { openResourceFolder, type ResourceFolder } from '../../documents/resource-folder.js';
import { writeDocument } from '../../documents/write-document.js';
import type { Warning } from '../../errors.js';
import { claimsOf, type View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';

export interface DocumentChange {
  path: string;
  changed: boolean;
}

export interface Brought {
  documents: DocumentChange[];
  warnings: Warning[];
}

/**
 * Plans the documents of a folder, and writes those that change, but for those whose path is in `except`. What cannot be
 * written is a warning: the log has it.
 */
export async function writeDocuments(
  folder: ResourceFolder,
  facts: DocumentFacts,
  options: { write: boolean; except?: string[] | undefined },
): Promise<Brought> {
  // Planned again, because the user may have edited while the command waited for a lock.
  const planned = await planDocuments(openResourceFolder(folder.path), facts);
  const documents = planned.documents.filter(({ path }) => !isAmong(path, options.except));
  const { warnings } = planned;
  const failed = new Map(
    (options.write ? documents.filter(({ changed }) => changed) : []).map((it) => [
      it.path,
      writeDocument(it),
    ]),
  );
  return {
    documents: documents.map(({ path, changed }) => ({
      path,
      changed: changed && failed.get(path) === undefined,
    })),
    warnings: [...warnings, ...[...failed.values()].filter((it) => it !== undefined)],
  };
}

function isAmong(path: string, paths: string[] = []): boolean {
  return paths.length > 0 && existsSync(path) && paths.includes(realpathSync(path));
}

export async function bringFolders(
  view: View,
  folders: { folder: ResourceFolder; resource: string }[],
  options: { write: boolean },
): Promise<Brought> {
  const all: Brought = { documents: [], warnings: [] };
  for (const { folder, resource } of folders) {
    const claims = claimsOf(view, resource);
    const addReadme = view.policy.documents.readme === 'required';
    addTo(all, await writeDocuments(folder, { resource, claims, released: [], addReadme }, options));
  }
  return all;
}

export function changedIn({ documents }: Pick<Brought, 'documents'>): string[] {
  return documents.filter(({ changed }) => changed).map(({ path }) => path);
}

/** As the only one on this machine; gives, by path, why one was not written. */
export function writeAll(
  logs: Logs,
  documents: Iterable<Parameters<typeof writeDocument>[0]>,
): Promise<Map<string, Warning>> {
  return logs.alone('documents', async () => {
    const failed = new Map<string, Warning>();
    for (const document of documents) {
      const warning = writeDocument(document);
      if (warning) failed.set(document.path, warning);
    }
    return failed;
  });
}

export function addTo(all: Brought, { documents, warnings }: Brought): void {
  all.documents.push(...documents);
  all.warnings.push(...warnings);
}
