import { existsSync, realpathSync } from 'node:fs';
import { type DocumentFacts, planDocuments, writeDocument } from '../documents/documents.js';
import { openResourceFolder, type ResourceFolder } from '../documents/resource-folder.js';
import type { Warning } from '../errors.js';
import { holdingsOf, type View } from './view.js';

export interface DocumentChange {
  path: string;
  changed: boolean;
}

/**
 * Plans the documents of a folder, and writes those that change, but for those whose path is in `except`. What cannot be
 * written is a warning: the log has it.
 */
export function bringDocuments(
  folder: ResourceFolder,
  facts: DocumentFacts,
  options: { write: boolean; except?: string[] },
): { documents: DocumentChange[]; warnings: Warning[] } {
  // Anew: the command may have waited for a lock since it first looked, and the user may have written in the meantime.
  const planned = planDocuments(openResourceFolder(folder.path), facts);
  const documents = planned.documents.filter(({ path }) => !isAmong(path, options.except));
  const { warnings } = planned;
  const failed = options.write ? documents.filter(({ changed }) => changed).map(writeDocument) : [];
  return {
    documents: documents.map(({ path, changed }) => ({ path, changed })),
    warnings: [...warnings, ...failed.filter((it) => it !== undefined)],
  };
}

function isAmong(path: string, paths: string[] = []): boolean {
  return paths.length > 0 && existsSync(path) && paths.includes(realpathSync(path));
}

/** Brings the documents of several resources' folders in line with what a view says. */
export function bringFolders(
  view: View,
  folders: { folder: ResourceFolder; resource: string }[],
  options: { write: boolean },
): { documents: DocumentChange[]; warnings: Warning[] } {
  const brought = folders.map(({ folder, resource }) => {
    const claims = holdingsOf(view, resource).filter((it) => !it.lease);
    return bringDocuments(folder, { resource, claims, released: [] }, options);
  });
  return {
    documents: brought.flatMap(({ documents }) => documents),
    warnings: brought.flatMap(({ warnings }) => warnings),
  };
}
