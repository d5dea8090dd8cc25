import { portKey } from '../../../events/port.js';
import { unlessRefused } from '../../attempt.js';
import { openResourceFolder, type ResourceFolder } from '../../documents/resource-folder.js';
import { badUsage, VportsError, type Warning } from '../../errors.js';
import { shellWord } from '../../files/shell-word.js';
import { Busy } from '../../host/busy.js';
import { author } from '../../log/append/index.js';
import type { Publication } from '../../log/event-log.js';
import { branchRef, openRepository, type Repository } from '../../log/git/index.js';
import { replacedRef } from '../../log/merge/index.js';
import { reallocate } from '../decide/reallocate.js';
import type { Proposed } from '../requests/index.js';
import type { Logs } from '../state/logs.js';
import { addTo, type Brought, changedIn, writeDocuments } from '../update-documents/write-documents.js';
import { alongWith, proposePushed } from '../write/pull-requests.js';
import type { Resolved, Settled, Settling } from '../write/settle-conflict.js';

export interface ResolvedConflicts extends Resolved {
  documents: string[];
  commit: string | undefined;
  /** The ref that keeps the head of a branch that was built anew. */
  kept?: string;
  published: Publication;
  /** The updated request of the branch. */
  request?: Proposed['request'];
  warnings: Warning[];
}

export interface Wish {
  keep?: string | undefined;
  docs?: boolean | undefined;
  /** With a registry opened on a branch: builds it anew as one commit on the shared branch, for hosts that refuse merges. */
  rebase?: boolean | undefined;
  reason?: string | undefined;
  dryRun?: boolean | undefined;
}

/** Resolves a stopped merge; for a registry opened on a branch, makes the merge without a checkout. */
export async function resolveConflicts(
  logs: Logs,
  cwd: string,
  { docs = true, dryRun = false, ...wish }: Wish,
): Promise<ResolvedConflicts> {
  const { resolveConflict, mergeShared } = await import('../write/settle-conflict.js');
  if (logs.branch === undefined) {
    if (wish.rebase)
      throw badUsage(
        '--rebase needs a branch',
        '`vports resolve --branch BRANCH --rebase`; in a checkout: `git rebase main`, then `vports resolve`',
      );
    const repository = openRepository(logs.place.path);
    const settled = await resolveConflict(repository, { ...(await settlingFor(logs)), ...wish, dryRun });
    const brought = docs && !dryRun ? await bring(repository, cwd, settled) : { documents: [], warnings: [] };
    return { ...settled.resolved, ...brought, commit: undefined, published: 'local' };
  }
  const log = await logs.registry();
  await log.publisher.refresh();
  const repository = openRepository(logs.place.path);
  const refs = { ref: branchRef(logs.branch), shared: logs.sharedRef() };
  const settling = { ...(await settlingFor(logs)), ...wish, dryRun };
  const { commit, replaced, ...settled } = await mergeShared(repository, refs, settling);
  if (commit === undefined)
    return { ...settled.resolved, documents: [], warnings: [], commit, published: 'local' };
  const merged = { ref: refs.ref, oid: commit, events: [], paths: [], replaced };
  const along = await alongWith(logs, refs.ref);
  const published = await log.publisher.publish(merged, along).catch((error: unknown) => {
    throw wish.rebase ? error : orRebase(logs.branch!, error);
  });
  const kept = replaced && { kept: replacedRef(refs.ref, replaced) };
  if (published === 'moved') throw pushedMeanwhile(logs.branch);
  const brought = docs ? await bringHere(cwd, settled) : { documents: [], warnings: [] };
  const { said } = log.publisher;
  const proposed: Proposed =
    published === 'pushed' ? await proposePushed(logs, refs.ref, said) : { warnings: [] };
  const warnings = [...log.publisher.warnings, ...brought.warnings, ...proposed.warnings];
  return { ...settled.resolved, ...brought, ...kept, request: proposed.request, warnings, commit, published };
}

/** Some hosts take no merge commits. */
function orRebase(branch: string, error: unknown): unknown {
  if (!(error instanceof VportsError) || error.code !== 'PUSH_REJECTED') return error;
  const instead = `if it refuses merges: \`vports resolve --branch ${shellWord(branch)} --rebase\``;
  const hint = [error.hint, instead].filter(Boolean).join('; ');
  return new VportsError(error.code, error.message, { hint, details: error.details });
}

async function settlingFor(logs: Logs): Promise<Settling> {
  const { person } = await author(logs.gitdir(), { shared: logs.shared });
  const [now, busy] = [Date.now(), new Busy()];
  await busy.lookAround();
  const host = (await logs.hostState()).holdings;
  const claimed = await (await logs.registry()).reader.claims();
  const rest = { host, damaged: new Map(), busy: busy.ports, claimed, now };
  return {
    by: person,
    now,
    reallocate: async ({ policy, registry }, lost) => reallocate(rest, policy, registry, lost),
  };
}

/** In a monorepo, documents of moved resources anywhere in the work tree go into the merge. */
async function bring(repository: Repository, cwd: string, settled: Settled) {
  const { worktree, prefix } = repository;
  if (worktree === null || prefix === '') return bringHere(cwd, settled);
  const { findResourceFolders } = await import('../../documents/resources-below.js');
  const { asStaged, stageAsIs } = await import('../../log/merge/index.js');
  const folders = findResourceFolders(worktree).flatMap(
    (path) => unlessRefused(() => openResourceFolder(path)) ?? [],
  );
  const planned = await bringFolders(folders, settled, { write: false });
  const paths = planned.documents.map(({ path }) => path);
  const staged = await asStaged(worktree, paths);
  const brought = await bringFolders(folders, settled, { write: true });
  await stageAsIs(
    worktree,
    paths.filter((path) => staged.has(path)),
  );
  const documents = changedIn(brought);
  const own = documents.filter((path) => !staged.has(path));
  return {
    documents,
    warnings: [...brought.warnings, ...own.map(notStaged)],
  };
}

async function bringHere(cwd: string, settled: Settled) {
  const brought = await bringFolders([openResourceFolder(cwd)], settled, { write: true });
  return { documents: changedIn(brought), warnings: brought.warnings };
}

async function bringFolders(
  folders: ResourceFolder[],
  { resolved, after }: Settled,
  options: { write: boolean },
): Promise<Brought> {
  const all: Brought = { documents: [], warnings: [] };
  for (const folder of folders) {
    const resource = folder.service?.resource;
    const own = resolved.moved.filter((it) => it.resource === resource);
    if (resource === undefined || own.length === 0) continue;
    const claims = after.of(resource).filter((it) => !it.lease);
    const moved = new Map(own.map(({ protocol, from, to }) => [portKey({ protocol, port: from }), to]));
    addTo(all, await writeDocuments(folder, { resource, claims, released: [], moved }, options));
  }
  return all;
}

function notStaged(path: string): Warning {
  return {
    code: 'DOCUMENT_NOT_STAGED',
    message: `${path} was updated but not staged, because it has changes of your own`,
    hint: 'check it and `git add` it',
  };
}

function pushedMeanwhile(branch: string): VportsError {
  return new VportsError('CONFLICT', `somebody pushed to ${branch} in the meantime`, {
    hint: 'run the same command again',
    details: { branch },
  });
}
