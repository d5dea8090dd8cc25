import type { Holding } from '../../../events/stream.js';
import type { NamedEntry } from '../../documents/tree/tree-entry.js';
import { badUsage } from '../../errors.js';
import { realPath } from '../../log/git/index.js';
import { withoutSecrets } from '../../log/remote/index.js';
import { release } from '../decide/decision.js';
import { type Imported, importEntries } from '../decide/import.js';
import type { View } from '../decide/view.js';
import { checkedOwner, checkedReason } from '../input.js';
import { findRegistry } from '../locate/locate-registry.js';
import { isOwnHere } from '../project/own-view.js';
import { isLocalId, ownNames } from '../project/project-id.js';
import { loadView } from '../state/load-view.js';
import { Logs } from '../state/logs.js';
import { lensNow } from '../state/views.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface ImportRegistryOptions extends Common {
  /** Import the claims of all projects, after `confirm`. */
  all?: boolean | undefined;
  confirm?: ((claims: Holding[]) => Promise<boolean>) | undefined;
  /** Release them at the source after the import is published. */
  move?: boolean | undefined;
  owner?: string | undefined;
}

export type ImportedRegistry = Outcome & Imported & { moved: number };

/**
 * Puts on record, in one commit, what this project (or, with `all`, everybody) claims in another registry, with owner and reason. Throws
 * BAD_USAGE where that is the same registry, or where `confirm` does not agree.
 */
export async function importRegistry(
  logs: Logs,
  source: string,
  { all = false, confirm, move = false, ...options }: ImportRegistryOptions,
): Promise<ImportedRegistry> {
  const from = new Logs(findRegistry(source, logs.asks!.cwd));
  from.asks = logs.asks;
  try {
    if (realPath(from.place.path) === realPath(logs.place.path))
      throw badUsage(
        `${source} is also the target of the import`,
        'name the target with --registry or in .vports.json',
      );
    const claims = all ? await allClaims(from) : await ownClaims(from);
    if (all && !options.dryRun && claims.length > 0 && confirm && !(await confirm(claims)))
      throw badUsage('nothing was imported', 'drop --all to import only the claims of this project');
    const command = { owner: checkedOwner(options.owner), reason: checkedReason(options.reason) };
    const entriesIn = (view: View) =>
      (all ? claimsOnRecord(logs, view, claims) : claims.map((it) => ({ ...it, belongs: undefined }))).map(
        (it, index) => entryOf(it, source, index + 1),
      );
    const written = await write(logs, {
      decide: (view: View) => importEntries(view, { ...command, entries: entriesIn(view) }),
      literal: all,
      subject: 'import claims of another registry',
      dryRun: options.dryRun,
    });
    const outcome = await outcomeOf(written, options);
    const isShared =
      logs.branch === undefined && !written.commits.some(({ ref }) => ref !== logs.sharedRef());
    const moved = move && isShared && !options.dryRun ? await releaseAt(from, logs, claims) : 0;
    return { ...outcome, ...written.answer, moved };
  } finally {
    await from.close();
  }
}

async function ownClaims(from: Logs): Promise<Holding[]> {
  const { view } = await lensNow(from);
  return [...view.registry].filter((it) => !it.lease && isOwnHere(from, it));
}

async function allClaims(from: Logs): Promise<Holding[]> {
  return [...(await loadView(from)).registry].filter((it) => !it.lease);
}

type Belonging = NonNullable<NamedEntry['belongs']>;

/** Claims of all projects under recorded names, because two projects may use the same name. */
function claimsOnRecord(logs: Logs, view: View, claims: Holding[]): (Holding & { belongs: Belonging })[] {
  const holders = new Map([...view.registry].map((it) => [it.resource, it.project]));
  return claims.map((it) => {
    const local = localName(it);
    const project = it.project && projectRecorded(logs, it.project);
    const known = [...view.registry].find((other) => other.project === project && localName(other) === local);
    const isFree = (name: string) => !holders.has(name) || holders.get(name) === project;
    const resource = known?.resource ?? firstFree([local, ownNames(project, local, local)], isFree);
    holders.set(resource, project);
    return { ...it, resource, belongs: { project, local: resource === local ? undefined : local } };
  });
}

function firstFree([plain, others]: [string, Iterable<string>], isFree: (name: string) => boolean): string {
  if (isFree(plain)) return plain;
  for (const name of others) if (isFree(name)) return name;
  return plain;
}

/** What its project calls a resource. */
function localName({ resource, local = resource }: Holding): string {
  return local;
}

/** Local ids mean nothing to others. */
function projectRecorded(logs: Logs, id: string): string | undefined {
  const own = isOwnHere(logs, { project: id }) ? logs.project()?.id : undefined;
  return logs.shared && isLocalId(own ?? id) ? undefined : (own ?? id);
}

function entryOf(
  { port, protocol, resource, name, owner, reason, belongs }: Holding & { belongs: Belonging | undefined },
  source: string,
  line: number,
): NamedEntry {
  const about = { port, protocol, resource, name, side: 'host' as const, file: source, line, column: 1 };
  return {
    ...about,
    format: 'registry',
    says: 'list',
    knownAs: [resource],
    owner,
    reason,
    belongs,
  } as NamedEntry;
}

async function releaseAt(from: Logs, to: Logs, claims: Holding[]): Promise<number> {
  const { registry } = await loadView(to);
  const isHere = (it: Holding) => {
    const holder = registry.at(it);
    if (holder?.name !== it.name || localName(holder) !== localName(it)) return false;
    return isOwnHere(to, holder)
      ? isOwnHere(from, it)
      : holder.project === (it.project && projectRecorded(to, it.project));
  };
  const over = claims.filter(isHere);
  if (over.length === 0) return 0;
  const reason = `it is in ${withoutSecrets(to.remote()?.url ?? to.place.path)}`.slice(0, 500);
  const decide = (now: View) => {
    const left = over.flatMap((it) => now.registry.at(it) ?? []).filter((it) => !it.lease);
    return { events: left.map((it) => release(it, { reason })), warnings: [], answer: left.length };
  };
  return (await write(from, { decide, literal: true })).answer;
}
