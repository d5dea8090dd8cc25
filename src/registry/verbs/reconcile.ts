import type { DeclaredFolder } from '../../documents/declared-ports.js';
import type { ReadFailure } from '../../documents/read-failure.js';
import { openResourceFolder } from '../../documents/resource-folder.js';
import { walk } from '../../documents/walk.js';
import { workTreeOf } from '../../files/work-tree.js';
import { atContainers, publishedPorts } from '../../host/docker.js';
import type { Listener } from '../../host/listener.js';
import { socketTable } from '../../host/sockets.js';
import { rangeOf } from '../../policy/policy.js';
import type { DocumentProblem } from '../decide/drift/document-problem.js';
import type { Drift } from '../decide/drift/drift.js';
import { reconcile, type Seen } from '../decide/reconcile.js';
import { holderAt, type View } from '../decide/view.js';
import { checkedReason } from '../input.js';
import { requireFolder } from '../locate/folders.js';
import { deadLeases } from '../state/dead-leases.js';
import type { Logs } from '../state/logs.js';
import { attributeListeners, holdsIn } from '../state/resource-of-process.js';
import { lensNow } from '../state/views.js';
import { compareTree, comparisonProblems } from '../update-documents/compare-tree.js';
import { declaredFolders } from '../update-documents/declared-folders.js';
import { bringFolders, changedIn } from '../update-documents/write-documents.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { type Written, write } from '../write/write.js';

export type Reconciled = Outcome & { drift: Drift[]; fixed: Drift[] };

/**
 * Looks at the logs, this host and the documents below `paths`; with `fix` mends what can be mended and looks again.
 * Without paths: the current folder, and inside a git work tree all that is below it.
 */
export async function reconcileTree(
  logs: Logs,
  paths: string[],
  cwd: string,
  options: Common & { fix?: boolean | undefined },
): Promise<Reconciled> {
  const dryRun = !options.fix || options.dryRun === true;
  const first = await look(logs, paths, cwd, { ...options, dryRun });
  const outcome = await outcomeOf(first.written, { ...options, docs: false });
  const drift = first.written.answer;
  const { warnings } = outcome;
  if (dryRun) return { ...outcome, drift, fixed: [], warnings };

  const brought =
    options.docs === false
      ? { documents: [], warnings: [] }
      : await mendDocuments(logs, drift, first.folders);
  const left = new Set((await look(logs, paths, cwd, { dryRun: true })).written.answer.map(keyOf));
  return {
    ...outcome,
    drift,
    // What disappeared by itself, like a listener, does not count as fixed.
    fixed: drift.filter((it) => it.fixable && !left.has(keyOf(it))),
    documents: changedIn(brought),
    warnings: [...warnings, ...brought.warnings],
  };
}

interface Look {
  written: Written<Drift[]>;
  folders: DeclaredFolder[];
}

async function look(
  logs: Logs,
  paths: string[],
  cwd: string,
  { dryRun, reason }: { dryRun: boolean; reason?: string | undefined },
): Promise<Look> {
  const { folders, unreadable } = await foldersFor(paths, cwd);
  const { view: now } = await lensNow(logs);
  const [listeners, numbers] = [await listenersFor(now), await numbersFor(logs, now, paths, cwd)];
  const why = checkedReason(reason);
  const decide = (view: View) =>
    reconcile(view, {
      listeners,
      folders,
      unreadable,
      numbers,
      ownerGone: deadLeases(view.host),
      reason: why,
    });
  return { written: await write(logs, { decide, dryRun, looks: true }), folders };
}

async function listenersFor(view: View): Promise<Listener[]> {
  const [table, published] = await Promise.all([socketTable(), publishedPorts()]);
  const found = await table.listeners(
    (ref) => holderAt(view, ref) !== undefined || rangeOf(view.policy, ref.port) !== undefined,
  );
  return atContainers(found, published).flatMap((it) =>
    attributeListeners([it], { holder: holderAt(view, it), isResource: holdsIn(view) }),
  );
}

async function numbersFor(logs: Logs, view: View, paths: string[], cwd: string): Promise<DocumentProblem[]> {
  const { readTree } = await import('../../documents/tree/read-tree.js');
  const roots = paths.length > 0 ? paths : workTreeOf(cwd) === undefined ? [] : [cwd];
  const found: DocumentProblem[] = [];
  for (const root of roots) {
    const folders = [...walk(root, undefined, logs.progress)];
    const tree = readTree(root, { folders });
    found.push(...comparisonProblems(view, await compareTree(logs, view, { tree, folders })));
  }
  return found;
}

async function foldersFor(paths: string[], cwd: string): Promise<Pick<Seen, 'folders' | 'unreadable'>> {
  const { findResourceFolders } = await import('../../documents/resources-below.js');
  for (const path of paths) requireFolder(path);
  const deep = paths.length > 0 || workTreeOf(cwd) !== undefined;
  if (!deep) return declaredFolders([cwd]);
  const unread: ReadFailure[] = [];
  const found = (paths.length > 0 ? paths : [cwd]).flatMap((it) => findResourceFolders(it, unread));
  const { folders, unreadable } = declaredFolders(found);
  return { folders, unreadable: [...unreadable, ...unread] };
}

function mendDocuments(logs: Logs, drift: Drift[], folders: DeclaredFolder[]) {
  const concerned = new Set(drift.filter((it) => it.fixable).map(({ file }) => file));
  const wanted = folders.filter(
    ({ service, ports }) => concerned.has(service.file) || ports.some(({ file }) => concerned.has(file)),
  );
  return logs.alone('documents', async () =>
    bringFolders(
      (await lensNow(logs)).view,
      wanted.map(({ path, resource }) => ({ folder: openResourceFolder(path), resource })),
      { write: true },
    ),
  );
}

function keyOf({ kind, resource, name, port, protocol, file }: Drift): string {
  return JSON.stringify([kind, resource, name, port, protocol, file]);
}
