import type { Holding } from '../../../events/stream.js';
import type { NamedEntry } from '../../documents/tree/tree-entry.js';
import { VportsError } from '../../errors.js';
import { realPath } from '../../log/git/index.js';
import { withoutSecrets } from '../../log/remote/index.js';
import { release } from '../decide/decision.js';
import { type Imported, importEntries } from '../decide/import.js';
import type { View } from '../decide/view.js';
import { checkedOwner, checkedReason } from '../input.js';
import { isOwnHere, lensOn } from '../project/own-view.js';
import { loadView } from '../state/load-view.js';
import { findRegistry } from '../state/locate-registry.js';
import { Logs } from '../state/logs.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface ImportRegistryOptions extends Common {
  /** Claims that belong to no project too. */
  all?: boolean | undefined;
  /** Release them there once they are on record here, for all who share the registry. */
  move?: boolean | undefined;
  owner?: string | undefined;
}

/** What came of it, and how many claims were released at the source. */
export type ImportedRegistry = Outcome & Imported & { moved: number };

/**
 * Puts on record, in one commit, what this project claims in another registry, with owner and reason. Throws BAD_USAGE where that is the
 * same registry, or a move goes to a branch.
 */
export async function importRegistry(
  logs: Logs,
  source: string,
  { all = false, move = false, ...options }: ImportRegistryOptions,
): Promise<ImportedRegistry> {
  const from = new Logs(findRegistry(source, logs.asks!.cwd));
  from.asks = logs.asks;
  try {
    if (realPath(from.place.path) === realPath(logs.place.path))
      throw new VportsError('BAD_USAGE', `${source} is the registry that it would be imported into`, {
        hint: 'name the one to import into with --registry or in .vports.json',
      });
    const claims = await claimsIn(from, all);
    const entries = claims.map((it, index) => entryOf(it, source, index + 1));
    const command = { entries, owner: checkedOwner(options.owner), reason: checkedReason(options.reason) };
    const decide = (view: View) => importEntries(view, command);
    const written = await write(logs, {
      decide,
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

async function claimsIn(from: Logs, all: boolean): Promise<Holding[]> {
  const { view } = lensOn(from, await loadView(from, new Set()));
  return [...view.registry].filter(
    (it) => !it.lease && (isOwnHere(from, it) || (all && it.project === undefined)),
  );
}

function entryOf(
  { port, protocol, resource, name, owner, reason }: Holding,
  source: string,
  line: number,
): NamedEntry {
  const about = { port, protocol, resource, name, side: 'host' as const, file: source, line, column: 1 };
  return { ...about, format: 'registry', says: 'list', knownAs: [resource], owner, reason } as NamedEntry;
}

/** Releases at the source what is on record here by now. */
async function releaseAt(from: Logs, to: Logs, claims: Holding[]): Promise<number> {
  const { view } = lensOn(to, await loadView(to, new Set()));
  const isHere = (it: Holding) => {
    const holder = view.registry.at(it);
    return holder?.resource === it.resource && holder.name === it.name;
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
