import { join, relative, sep } from 'node:path';
import type { PortEvent } from '../../../events/event.js';
import { type PortRef, portKey } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import type { Tree } from '../../documents/tree/read-tree.js';
import type { WalkedFolder } from '../../documents/walk.js';
import type { DocumentProblem } from '../decide/drift/document-problem.js';
import {
  changedHolding,
  namesOf,
  onlyHolding,
  portsTold,
  type StaleNumber,
  staleProblem,
  unheldEntries,
} from '../decide/drift/stale-number.js';
import { holdingNamed, type View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';
import {
  formerNumbers,
  mentionProblem,
  type Reading,
  type StaleMention,
  staleMentions,
} from './stale-mentions.js';
import { nameBefore } from './stale-prose.js';

/** Differences between a tree and the registry, used by `ci`, `docs` and `reconcile`. */
export interface TreeComparison {
  stale: StaleNumber[];
  mentions: StaleMention[];
  former: ReadonlyMap<number, Holding>;
}

export async function compareTree(
  logs: Logs,
  view: View,
  { tree, folders }: { tree: Tree; folders: Iterable<WalkedFolder> },
  options: Reading = {},
): Promise<TreeComparison> {
  const stale = await staleNumbers(logs, view, tree);
  const former = await formerNumbers(logs, view, tree);
  return { stale, former, mentions: staleMentions(former, folders, tree, options) };
}

/** Each one once, with paths from `base` on. */
export function inOrder(problems: DocumentProblem[], base: string): DocumentProblem[] {
  const once = new Map(
    problems
      .map((it) => ({ ...it, file: relative(base, it.file).split(sep).join('/') }))
      .map((it) => [`${it.file} ${it.line} ${it.column} ${it.code} ${it.port}`, it]),
  );
  return [...once.values()].sort((a, b) =>
    a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1,
  );
}

export function comparisonProblems(view: View, { stale, mentions }: TreeComparison): DocumentProblem[] {
  return [...stale.map((it) => staleProblem(view, it)), ...mentions.map(mentionProblem)];
}

/**
 * Numbers of a tree that differ from the registry: the log shows that the port has moved, or somebody has edited the number.
 * `ci`, `docs` and `reconcile` all use it; it reads the log once.
 */
async function staleNumbers(logs: Logs, view: View, { entries, base }: Tree): Promise<StaleNumber[]> {
  const asked = unheldEntries(view, entries);
  if (asked.length === 0) return [];
  const refs = new Map(
    asked.map(({ port, protocol }) => [portKey({ port: port!, protocol }), { port: port!, protocol }]),
  );
  const events = (await (await logs.registry()).reader.events([...refs.values()])) as PortEvent[];
  const inUse = portsTold(entries);
  const sure = asked.map((entry) => {
    const ref = { port: entry.port!, protocol: entry.protocol };
    const moved = namesOf(entry).flatMap((it) => movedTo(view, events, it, ref) ?? [])[0];
    return { entry, now: moved ?? changedHolding(view, entry, inUse), moved: moved !== undefined };
  });
  const taken = new Map(
    sure.flatMap(({ entry, now }) => (now ? [[portKey(now), entry.port!] as const] : [])),
  );
  const found = sure.flatMap(({ entry, now: known, moved }): StaleNumber[] => {
    const now = known ?? onlyHolding(view, entry, inUse, taken);
    const [path, target] = [join(base, entry.file), join(base, entry.setIn ?? entry.file)];
    return now ? [{ entry, path, target, now, moved }] : [];
  });
  // Reported at the environment file if that is a document too.
  const placeOf = ({ target, entry }: StaleNumber) => `${target} ${entry.digits?.offset}`;
  const mentioned = new Set(found.filter(({ entry }) => entry.setIn === undefined).map(placeOf));
  return found.filter((it) => it.entry.setIn === undefined || !mentioned.has(placeOf(it)));
}

/** Where a resource moved from this port; undefined if it never held it, or released it. */
function movedTo(view: View, events: PortEvent[], resource: string, ref: PortRef): Holding | undefined {
  const name = nameBefore(events, resource, ref);
  const now = name === undefined ? undefined : holdingNamed(view, resource, name);
  return now && !now.lease ? now : undefined;
}
