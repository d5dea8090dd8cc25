import { join } from 'node:path';
import { openResourceFolder } from '../documents/resource-folder.js';
import { type ToldFolder, toldPorts } from '../documents/told-ports.js';
import { VportsError, type Warning } from '../errors.js';
import { atContainers, publishedPorts } from '../host/docker.js';
import type { Listener } from '../host/listener.js';
import { socketTable } from '../host/sockets.js';
import { workTreeOf } from '../log/repository.js';
import { rangeOf } from '../policy/policy.js';
import { withResources } from './belonging.js';
import { bringFolders } from './documents.js';
import type { Drift } from './drift.js';
import { checkedReason, requirePortName, requireResource } from './input.js';
import { leasesOfTheDead } from './lease-owners.js';
import type { Logs } from './logs.js';
import { type Common, type Outcome, outcomeOf } from './outcome.js';
import { reconcile } from './reconcile.js';
import { holderAt, type View } from './view.js';
import { viewOf, type Written, write } from './writer.js';

export type Reconciled = Outcome & { drift: Drift[]; fixed: Drift[] };

/**
 * Looks at the logs, this host and the documents below `paths`; with `fix` mends what can be mended and looks again.
 * Without paths: the current folder, and inside a git work tree all that is below it.
 */
export async function reconcileHere(
  logs: Logs,
  paths: string[],
  cwd: string,
  options: Common & { fix?: boolean },
): Promise<Reconciled> {
  const dryRun = !options.fix || options.dryRun === true;
  const first = await look(logs, paths, cwd, { ...options, dryRun });
  const outcome = await outcomeOf(logs, first.written, { ...options, docs: false });
  const drift = first.written.answer;
  const warnings = [...first.warnings, ...outcome.warnings];
  if (dryRun) return { ...outcome, drift, fixed: [], warnings };

  const brought =
    options.docs === false
      ? { documents: [], warnings: [] }
      : await mendDocuments(logs, drift, first.folders);
  const left = new Set((await look(logs, paths, cwd, { dryRun: true })).written.answer.map(keyOf));
  return {
    ...outcome,
    drift,
    fixed: drift.filter((it) => !left.has(keyOf(it))),
    documents: brought.documents.filter(({ changed }) => changed).map(({ path }) => path),
    warnings: [...warnings, ...brought.warnings],
  };
}

interface Look {
  written: Written<Drift[]>;
  folders: ToldFolder[];
  warnings: Warning[];
}

async function look(
  logs: Logs,
  paths: string[],
  cwd: string,
  { dryRun, reason }: { dryRun: boolean; reason?: string },
): Promise<Look> {
  const { folders, warnings } = await toldFolders(paths, cwd);
  const listeners = await listenersFor(await viewOf(logs, new Set()));
  const why = checkedReason(reason);
  const decide = (view: View) =>
    reconcile(view, { listeners, folders, ownerGone: leasesOfTheDead(view.host), reason: why });
  return { written: await write(logs, { decide, dryRun, looks: true }), folders, warnings };
}

/** One look at all that listens on ports that are given away or could be. */
async function listenersFor(view: View): Promise<Listener[]> {
  const [table, published] = await Promise.all([socketTable(), publishedPorts()]);
  const found = await table.listeners(
    (ref) => holderAt(view, ref) !== undefined || rangeOf(view.policy, ref.port) !== undefined,
  );
  return atContainers(found, published).flatMap((it) => withResources([it], holderAt(view, it)));
}

async function toldFolders(
  paths: string[],
  cwd: string,
): Promise<{ folders: ToldFolder[]; warnings: Warning[] }> {
  const { findResourceFolders } = await import('../documents/find-folders.js');
  const deep = paths.length > 0 || workTreeOf(cwd) !== undefined;
  const found = deep ? (paths.length > 0 ? paths : [cwd]).flatMap(findResourceFolders) : [cwd];
  const folders: ToldFolder[] = [];
  const warnings: Warning[] = [];
  for (const path of new Set(found)) {
    try {
      const folder = toldPorts(path);
      if (!folder) continue;
      requireResource(folder.resource);
      for (const { name } of folder.told) requirePortName(name);
      folders.push(folder);
    } catch (error) {
      if (!(error instanceof VportsError)) throw error;
      const where = error.code === 'BAD_SERVICE_JSON' ? '' : `${join(path, 'service.json')}: `;
      warnings.push({
        code: error.code,
        message: `${where}${error.message}`,
        ...(error.hint && { hint: error.hint }),
      });
    }
  }
  return { folders, warnings };
}

function mendDocuments(logs: Logs, drift: Drift[], folders: ToldFolder[]) {
  const concerned = new Set(drift.filter((it) => it.fixable).map(({ file }) => file));
  const wanted = folders.filter(
    ({ service, told }) => concerned.has(service.file) || told.some(({ file }) => concerned.has(file)),
  );
  return logs.alone('documents', async () =>
    bringFolders(
      await viewOf(logs, new Set()),
      wanted.map(({ path, resource }) => ({ folder: openResourceFolder(path), resource })),
      { write: true },
    ),
  );
}

function keyOf({ kind, resource, name, port, protocol, file }: Drift): string {
  return JSON.stringify([kind, resource, name, port, protocol, file]);
}
