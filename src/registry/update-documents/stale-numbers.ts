import { join } from 'node:path';
import type { PortEvent } from '../../../events/event.js';
import { type PortRef, portKey } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import type { Tree } from '../../documents/tree/read-tree.js';
import {
  changedHolding,
  namesOf,
  onlyHolding,
  portsTold,
  type StaleNumber,
  unheldEntries,
} from '../decide/drift/stale-number.js';
import { holdingNamed, type View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';

/**
 * Numbers of a tree that differ from the registry: the log shows that the port has moved, or somebody has edited the number.
 * `ci`, `docs` and `reconcile` all use it; it reads the log once.
 */
export async function staleNumbers(logs: Logs, view: View, { entries, base }: Tree): Promise<StaleNumber[]> {
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
  const left = events
    .filter((it) => portKey(it) === portKey(ref) && it.resource === resource && it.type === 'port.released')
    .sort((a, b) => b.version - a.version)[0];
  const now = left && holdingNamed(view, resource, left.name);
  return now && !now.lease ? now : undefined;
}
