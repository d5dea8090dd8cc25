import { findResourceFolders } from '../documents/find-folders.js';
import { openResourceFolder, type ResourceFolder } from '../documents/resource-folder.js';
import { VportsError } from '../errors.js';
import { workTreeOf } from '../log/repository.js';
import { globMatches } from '../policy/policy.js';
import type { Documented } from './documents-beside.js';
import { checkedReason, requireResource } from './input.js';
import type { Logs } from './logs.js';
import { type Common, type Outcome, outcomeOf } from './outcome.js';
import type { Moved } from './reassign.js';
import { renumber } from './renumber.js';
import type { View } from './view.js';
import { write } from './writer.js';

/** Moves many resources into a range, with the documents that the work tree one is in has of them. Throws BAD_USAGE. */
export async function renumberHere(
  logs: Logs,
  cwd: string,
  patterns: string[],
  options: Common & { port?: string; to?: string; range?: string },
): Promise<Outcome & { moved: Moved[] }> {
  const { range } = options;
  for (const pattern of patterns) requireResource(pattern.replace(/[*?]+/g, 'x'));
  if (range === undefined || options.to !== undefined || options.port !== undefined) {
    throw new VportsError('BAD_USAGE', 'several resources move into a range', {
      hint: 'say --range ID, or --range auto for the one that each belongs in; leave --to and --port out',
    });
  }
  const documents = documentsFor(
    options.dir ?? logs.monorepo()?.worktree ?? workTreeOf(cwd) ?? cwd,
    patterns,
  );
  const command = { patterns, range, wishes: wishesOf(documents), reason: checkedReason(options.reason) };
  const follow = options.docs === false || options.dryRun ? [] : documents;
  const request = { decide: (view: View) => renumber(view, command), documents: follow };
  const written = await write(logs, { ...request, dryRun: options.dryRun });
  const moved = new Set(written.answer.map(({ resource }) => resource));
  const about = follow.filter(({ resource }) => moved.has(resource));
  return { moved: written.answer, ...(await outcomeOf(logs, written, options, about)) };
}

function documentsFor(root: string, patterns: string[]): Documented[] {
  return findResourceFolders(root).flatMap((path) => {
    const folder = readable(path);
    const resource = folder?.service?.resource;
    if (!folder || resource === undefined || folder.service?.dynamic) return [];
    return patterns.some((pattern) => globMatches(pattern, resource)) ? [{ resource, folder }] : [];
  });
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

function readable(path: string): ResourceFolder | undefined {
  try {
    return openResourceFolder(path);
  } catch (error) {
    // What cannot be read is not written either.
    if (error instanceof VportsError) return undefined;
    throw error;
  }
}
