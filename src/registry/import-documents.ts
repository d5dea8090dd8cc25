import { openResourceFolder } from '../documents/resource-folder.js';
import type { Unread } from '../documents/unread.js';
import type { Warning } from '../errors.js';
import { bringFolders } from './documents.js';
import { type Imported, type ImportItem, importEntries } from './import.js';
import { gathered } from './import-here.js';
import { checkedOwner, checkedReason } from './input.js';
import type { Logs } from './logs.js';
import { type Common, type Outcome, outcomeOf } from './outcome.js';
import type { View } from './view.js';
import { viewOf } from './view-of.js';
import { write } from './writer.js';

export type ImportedHere = Imported;

/** Reads the documents, decides and writes; what could not be read is among the problems. */
export async function importHere(
  logs: Logs,
  paths: string[],
  options: Common & { format?: string; allocate?: boolean; owner?: string },
): Promise<Outcome & ImportedHere> {
  const { entries, unread, folders } = gathered(paths, options.format ?? 'auto');
  const command = {
    entries,
    allocate: options.allocate,
    owner: checkedOwner(options.owner),
    reason: checkedReason(options.reason),
  };
  const subject = `import ports from ${paths.length === 1 ? 'one place' : `${paths.length} places`}`;
  const request = { decide: (view: View) => importEntries(view, command), subject };
  const written = await write(logs, { ...request, dryRun: options.dryRun });
  const outcome = await outcomeOf(logs, written, { ...options, docs: false });
  const answer = { ...written.answer, problems: [...written.answer.problems, ...unread.map(unreadable)] };
  if (!options.allocate || options.dryRun || options.docs === false) return { ...outcome, ...answer };
  const brought = await bringAllocated(logs, answer, folders);
  return {
    ...outcome,
    ...answer,
    documents: brought.documents.filter(({ changed }) => changed).map(({ path }) => path),
    warnings: [...outcome.warnings, ...brought.warnings],
  };
}

/** service.json and README of those that were given a port. */
async function bringAllocated(logs: Logs, { imported }: Imported, folders: string[]) {
  const given = new Set(imported.filter(({ wish }) => wish !== null).map(({ resource }) => resource));
  const wanted = folders.flatMap((path) => {
    const folder = openable(path);
    const resource = folder?.service?.resource;
    return folder && resource !== undefined && given.has(resource) ? [{ folder, resource }] : [];
  });
  const warnings: Warning[] = [];
  if (wanted.length === 0) return { documents: [], warnings };
  return logs.alone('documents', async () =>
    bringFolders(await viewOf(logs, new Set()), wanted, { write: true }),
  );
}

function openable(path: string) {
  try {
    return openResourceFolder(path);
  } catch {
    // It is among the problems already.
    return undefined;
  }
}

function unreadable({ file, line, why }: Unread): ImportItem {
  return {
    file,
    line: line ?? 1,
    resource: '',
    name: '',
    port: null,
    protocol: 'tcp',
    range: null,
    exception: null,
    wish: null,
    code: 'UNREADABLE',
    why,
  };
}
