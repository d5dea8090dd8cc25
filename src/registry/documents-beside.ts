import { realpathSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { planDocuments } from '../documents/documents.js';
import { openResourceFolder, type ResourceFolder } from '../documents/resource-folder.js';
import type { Batch } from '../log/event-log.js';
import type { Decision } from './decision.js';
import type { Logs } from './logs.js';
import { holdingsOf } from './view.js';
import { viewOf } from './view-of.js';

/**
 * The documents of a resource whose folder is in one repository with the registry, as they are after a decision: they go into
 * the commit of its events. Those with changes of the user's own do not; they are written beside it, as anywhere else.
 */
export async function documentsBeside(
  logs: Logs,
  { documents }: { documents?: { resource: string; folder: ResourceFolder } },
  decision: Decision<unknown>,
): Promise<{ files: NonNullable<Batch['beside']>; paths: string[] }> {
  const worktree = logs.monorepo();
  if (!documents || worktree === undefined) return { files: [], paths: [] };
  const { resource, folder } = documents;
  const place = realpathSync(folder.path);
  if (relative(worktree, place).startsWith('..')) return { files: [], paths: [] };
  const claims = new Map(
    holdingsOf(await viewOf(logs, new Set()), resource)
      .filter((it) => !it.lease)
      .map(({ name, port, protocol }) => [name, { name, port, protocol }]),
  );
  const released: string[] = [];
  for (const { log, event } of decision.events) {
    if (log !== 'registry' || event.resource !== resource) continue;
    const { name, port, protocol } = event;
    if (event.type === 'port.allocated' || event.type === 'port.registered')
      claims.set(name, { name, port, protocol });
    if (event.type === 'port.released' && claims.get(name)?.port === port) claims.delete(name);
    if (event.type === 'port.released' && event.to === undefined) released.push(name);
  }
  if (claims.size === 0 && released.length === 0) return { files: [], paths: [] };
  const gone = released.filter((name) => !claims.has(name));
  const plan = planDocuments(openResourceFolder(place), {
    resource,
    claims: [...claims.values()],
    released: gone,
  });
  const changed = plan.documents.filter((it) => it.changed);
  if (changed.length === 0) return { files: [], paths: [] };
  const { untouchedAmong } = await import('../log/untouched.js');
  const untouched = await untouchedAmong(
    worktree,
    changed.map(({ path }) => path),
  );
  const own = changed.filter(({ path }) => untouched.has(path));
  return {
    files: own.map(({ path, text }) => ({
      path: relative(worktree, path).split(sep).join('/'),
      content: text,
    })),
    paths: own.map(({ path }) => path),
  };
}
