import { realpathSync } from 'node:fs';
import type { NewEvent } from '../../../events/event.js';
import { type PortKey, portKey } from '../../../events/port.js';
import { unlessRefused } from '../../attempt.js';
import type { PlannedDocument } from '../../documents/plan.js';
import { planDocuments } from '../../documents/plan-documents.js';
import { openResourceFolder, type ResourceFolder } from '../../documents/resource-folder.js';
import type { Warning } from '../../errors.js';
import { isInside } from '../../files/is-inside.js';
import { shellWord } from '../../files/shell-word.js';
import type { CommittedDocument } from '../../log/event-log.js';
import type { CommittedVersions } from '../../log/history/index.js';
import type { Decision } from '../decide/decision.js';
import { claimsOf } from '../decide/view.js';
import type { Logs } from '../state/logs.js';
import { lensNow } from '../state/views.js';

/** Documents in the repository of the registry, after a decision. */
export interface DocumentsInCommit {
  files: CommittedDocument[];
  committed: string[];
  /** Documents with conflicting uncommitted numbers; left unchanged. */
  left: string[];
  warnings: Warning[];
}

const NONE: DocumentsInCommit = { files: [], committed: [], left: [], warnings: [] };

export interface Documented {
  resource: string;
  folder: ResourceFolder;
}

/**
 * The documents of resources whose folders are in one repository with the registry. The commit gets the edit and nothing else:
 * what the user has changed in a document stays in index and work tree, next to the same edit. New documents are written and not
 * committed, as anywhere else.
 */
export async function documentsInCommit(
  logs: Logs,
  documents: Documented[],
  decision: Decision<unknown>,
): Promise<DocumentsInCommit> {
  const monorepo = logs.monorepo();
  if (documents.length === 0 || monorepo === undefined) return NONE;
  const { repository, worktree } = monorepo;
  const planned: { place: string; document: PlannedDocument }[] = [];
  for (const { resource, folder } of documents) {
    const place = realpathSync(folder.path);
    if (!isInside(worktree, place)) continue;
    const facts = await factsAfter(logs, resource, decision);
    if (facts.claims.length === 0 && facts.released.length === 0) continue;
    const plan = await planDocuments(openResourceFolder(place), facts);
    planned.push(...plan.documents.map((document) => ({ place, document })));
  }
  const versions = await (await import('../../log/history/index.js')).committedVersions(
    repository,
    worktree,
    planned.map(({ document }) => document.path),
  );
  const found: DocumentsInCommit = { files: [], committed: [], left: [], warnings: [] };
  for (const { place, document } of planned) {
    const version = versions.get(document.path);
    if (!version) continue;
    const numbers = clash(document, version);
    if (numbers !== undefined) {
      found.left.push(document.path);
      found.warnings.push(leftAlone(document.path, place, numbers));
      continue;
    }
    const file = edited(document, version);
    if (!file) continue;
    found.files.push(file);
    found.committed.push(document.path);
  }
  return found;
}

async function factsAfter(logs: Logs, resource: string, decision: Decision<unknown>) {
  const lens = await lensNow(logs);
  const events = decision.events.map(({ log, event }) => ({
    log,
    event: { ...event, resource: lens.said(event) },
  }));
  const claims = new Map(
    claimsOf(lens.view, resource).map(({ name, port, protocol }) => [name, { name, port, protocol }]),
  );
  const released: string[] = [];
  const moved = movesIn(
    events.map(({ event }) => event),
    resource,
  );
  for (const { log, event } of events) {
    if (log !== 'registry' || event.resource !== resource) continue;
    const { name, port, protocol } = event;
    if (event.type === 'port.allocated' || event.type === 'port.registered')
      claims.set(name, { name, port, protocol });
    if (event.type === 'port.released' && claims.get(name)?.port === port) claims.delete(name);
    if (event.type === 'port.released' && event.to === undefined) released.push(name);
  }
  return {
    resource,
    claims: [...claims.values()],
    released: released.filter((name) => !claims.has(name)),
    moved,
  };
}

export function movesIn(events: NewEvent[], resource: string): Map<PortKey, number> {
  return new Map(
    events.flatMap((event) =>
      event.type === 'port.released' && event.to !== undefined && event.resource === resource
        ? [[portKey(event), event.to] as const]
        : [],
    ),
  );
}

/** Undefined if nothing changes, or a version must not be edited. */
function edited(
  document: PlannedDocument,
  { path, known }: CommittedVersions,
): CommittedDocument | undefined {
  if (!known) return document.changed ? { path, content: document.text } : undefined;
  const { head, index } = known;
  const texts = [head, index, document.before].map((text) => unlessRefused(() => document.edit(text)));
  const [content, staged, here] = texts;
  if (content === undefined || staged === undefined || here === undefined || content === head)
    return undefined;
  return {
    path,
    content,
    ...(index !== head && { index: { before: index, after: staged } }),
    ...(document.before !== head && { worktree: { before: document.before, after: here } }),
  };
}

/** A number that the user edited and that neither the last nor the next commit has: `api 25111`. */
function clash(document: PlannedDocument, { known }: CommittedVersions): string | undefined {
  if (!known) return undefined;
  const { head, index } = known;
  return unlessRefused(() => {
    const [committed, wanted] = [head, document.text].map((text) => document.numbersIn(text));
    const own = [document.before, index].flatMap((text) => [...document.numbersIn(text)]);
    const other = own.find(([name, port]) => port !== committed!.get(name) && port !== wanted!.get(name));
    return other?.join(' ');
  });
}

function leftAlone(path: string, folder: string, numbers: string): Warning {
  return {
    code: 'DOCUMENT_LEFT',
    message: `${path} was not changed: its uncommitted ${JSON.stringify(numbers)} differs from the registry`,
    hint: `commit or revert it, or write the registry's number: \`vports docs ${shellWord(folder)}\``,
  };
}
