import { basename } from 'node:path';
import { attempt } from '../../attempt.js';
import type { ReadFailure } from '../../documents/read-failure.js';
import { openResourceFolder } from '../../documents/resource-folder.js';
import { TEMPLATE } from '../../documents/template.js';
import type { Coverage } from '../../documents/unread-kinds.js';
import { type Imported, type ImportItem, importEntries, itemOf } from '../decide/import.js';
import type { View } from '../decide/view.js';
import { checkedOwner, checkedReason } from '../input.js';
import type { Logs } from '../state/logs.js';
import type { Documented } from '../update-documents/documents-in-commit.js';
import { gatherEntries } from '../update-documents/gather-entries.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface ImportedDocuments extends Imported {
  coverage?: Coverage;
}

export async function importDocuments(
  logs: Logs,
  paths: string[],
  options: Common & {
    format?: string | undefined;
    host?: string | undefined;
    allocate?: boolean | undefined;
    owner?: string | undefined;
  },
): Promise<Outcome & ImportedDocuments> {
  const { entries, unread, templates, folders, coverage } = gatherEntries(paths, {
    ...options,
    progress: logs.progress,
  });
  const command = {
    entries,
    allocate: options.allocate,
    owner: checkedOwner(options.owner),
    reason: checkedReason(options.reason),
  };
  const subject = `import ports from ${paths.length === 1 ? namedPlainly(paths[0]!) : `${paths.length} places`}`;
  const following = (answer: Imported) =>
    options.docs === false || options.dryRun ? [] : documentsOf(answer, folders);
  const request = { decide: (view: View) => importEntries(view, command), subject, documents: following };
  const written = await write(logs, { ...request, dryRun: options.dryRun });
  const outcome = await outcomeOf(written, options, following(written.answer));
  const { problems, skipped } = written.answer;
  return {
    ...outcome,
    ...written.answer,
    skipped: [...skipped, ...templates.map((file) => ({ ...itemOf({ file }), why: TEMPLATE }))],
    problems: [...problems, ...unread.map(unreadable)],
    coverage,
  };
}

/** Only newly allocated ports change documents. */
function documentsOf({ imported }: Imported, folders: string[]): Documented[] {
  const given = new Set(imported.filter(({ wish }) => wish !== null).map(({ resource }) => resource));
  if (given.size === 0) return [];
  return folders.flatMap((path) => {
    const folder = attempt(() => openResourceFolder(path));
    const resource = folder?.service?.resource;
    return folder && resource !== undefined && given.has(resource) ? [{ folder, resource }] : [];
  });
}

function unreadable({ file, line, column, why }: ReadFailure): ImportItem {
  return { ...itemOf({ file }), line: line ?? 1, column: column ?? 1, code: 'UNREADABLE', why };
}

function namedPlainly(path: string): string {
  return (
    basename(path)
      .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?')
      .slice(0, 80) || '/'
  );
}
