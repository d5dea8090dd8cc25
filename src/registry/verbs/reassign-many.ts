import { findResourceFolders } from '../../documents/find-folders.js';
import { type ReadFailure, readFailureOf } from '../../documents/read-failure.js';
import { openResourceFolder } from '../../documents/resource-folder.js';
import { notWritten } from '../../documents/write-document.js';
import { VportsError } from '../../errors.js';
import { workTreeOf } from '../../files/work-tree.js';
import { globMatches } from '../../policy/policy.js';
import { moveMany } from '../decide/move-many.js';
import type { Moved } from '../decide/reassign.js';
import type { View } from '../decide/view.js';
import type { Documented } from '../documents/documents-in-commit.js';
import { checkedReason, requireResource } from '../input.js';
import type { Logs } from '../state/logs.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

/** Moves many resources into a range, with the documents that the current work tree has of them. Throws BAD_USAGE. */
export async function reassignMany(
  logs: Logs,
  cwd: string,
  patterns: string[],
  options: Common & { port?: string | undefined; to?: string | undefined; range?: string | undefined },
): Promise<Outcome & { moved: Moved[] }> {
  const { range } = options;
  for (const pattern of patterns) requireResource(pattern.replace(/[*?]+/g, 'x'));
  if (range === undefined || options.to !== undefined || options.port !== undefined) {
    throw new VportsError('BAD_USAGE', 'several resources move into a range', {
      hint: 'say --range ID, or --range auto for the one that each belongs in; leave --to and --port out',
    });
  }
  const { documents, unread } = documentsFor(options.dir ?? rootAround(logs, cwd), patterns);
  const command = { patterns, range, wishes: wishesOf(documents), reason: checkedReason(options.reason) };
  const following = (answer: Moved[]) => {
    const moved = new Set(answer.map(({ resource }) => resource));
    return options.docs === false || options.dryRun
      ? []
      : documents.filter(({ resource }) => moved.has(resource));
  };
  const request = { decide: (view: View) => moveMany(view, command), documents: following };
  const written = await write(logs, { ...request, dryRun: options.dryRun });
  const outcome = await outcomeOf(written, options, following(written.answer));
  const warnings = options.docs === false ? [] : unread.map(({ file, why }) => notWritten(file, why));
  return { moved: written.answer, ...outcome, warnings: [...outcome.warnings, ...warnings] };
}

/** The work tree whose documents are meant where no folder is named. */
export function rootAround(logs: Logs, cwd: string): string {
  return logs.monorepo()?.worktree ?? workTreeOf(cwd) ?? cwd;
}

/** The folders at and below one whose resources are called like this, and those that could not be read. */
export function documentsFor(
  root: string,
  patterns: string[],
): { documents: Documented[]; unread: ReadFailure[] } {
  const found = { documents: [] as Documented[], unread: [] as ReadFailure[] };
  for (const path of findResourceFolders(root, found.unread)) {
    try {
      const folder = openResourceFolder(path);
      const { resource, dynamic } = folder.service ?? {};
      if (resource === undefined || dynamic) continue;
      if (patterns.some((pattern) => globMatches(pattern, resource)))
        found.documents.push({ resource, folder });
    } catch (error) {
      found.unread.push(readFailureOf(error, path));
    }
  }
  return found;
}

function wishesOf(documents: Documented[]): Map<string, string> {
  return new Map(
    documents.flatMap(({ resource, folder: { service } }) =>
      (service?.ports ?? []).flatMap(({ name, range = service?.range }) =>
        range === undefined ? [] : [[`${resource} ${name}`, range] as const],
      ),
    ),
  );
}
