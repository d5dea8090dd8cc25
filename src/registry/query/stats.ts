import type { PortEvent } from '../../../events/event.js';
import { comparePorts, type PortKey, portKey } from '../../../events/port.js';
import type { Policy } from '../../policy/policy.js';
import { rangeOf } from '../../policy/policy.js';
import { allHeld, type View } from '../decide/view.js';
import { type ListedPort, listed, ranges } from './queries.js';

export interface Stats {
  ranges: { id: string; size: number; held: number; free: number; history: { at: string; held: number }[] }[];
  owners: { owner: string | null; ports: number; resources: number }[];
  unused: (ListedPort & { lastHeard: string | null })[];
}

const MOMENTS = 12;
const DAY = 86_400_000;

/** `events` oldest first; `heard`: when a port was last in use here, and since when that is watched. */
export function statsOf(
  view: View,
  events: Iterable<Pick<PortEvent, 'type' | 'port' | 'protocol' | 'at'>>,
  { heard, unusedDays }: { heard: { since: string; at: ReadonlyMap<PortKey, string> }; unusedDays: number },
): Stats {
  const past = heldOverTime(view.policy, [...events], view.now);
  const held = allHeld(view);
  return {
    ranges: ranges(view).map(({ id, size, allocated, free }) => ({
      id,
      size,
      held: allocated,
      free,
      // The last point uses the current state, because a damaged history may lack some.
      history: past.map(({ at, byRange }, index) => ({
        at,
        held: index === past.length - 1 ? allocated : (byRange.get(id) ?? 0),
      })),
    })),
    owners: ownersOf(held),
    unused: held
      .filter(({ lease }) => !lease)
      .map((it) => ({ ...listed(view, it), lastHeard: heard.at.get(portKey(it)) ?? null }))
      .filter((it) => isUnused(it, heard.since, view.now - unusedDays * DAY))
      .sort((a, b) => (a.since === b.since ? comparePorts(a, b) : a.since < b.since ? -1 : 1)),
  };
}

/** A port never in use counts from the start of watching, or from its grant. */
function isUnused(
  { since, lastHeard }: { since: string; lastHeard: string | null },
  known: string,
  limit: number,
): boolean {
  const silent = lastHeard ?? (since > known ? since : known);
  return Date.parse(silent) < limit;
}

function ownersOf(held: { owner?: string; resource: string }[]): Stats['owners'] {
  const found = new Map<string | null, { ports: number; resources: Set<string> }>();
  for (const { owner = null, resource } of held) {
    const own = found.get(owner) ?? { ports: 0, resources: new Set() };
    own.ports++;
    own.resources.add(resource);
    found.set(owner, own);
  }
  return [...found]
    .map(([owner, { ports, resources }]) => ({ owner, ports, resources: resources.size }))
    .sort((a, b) => b.ports - a.ports || String(a.owner).localeCompare(String(b.owner), 'en'));
}

function heldOverTime(
  policy: Policy,
  events: Pick<PortEvent, 'type' | 'port' | 'protocol' | 'at'>[],
  now: number,
): { at: string; byRange: Map<string, number> }[] {
  const [first] = events;
  if (!first) return [];
  const start = Date.parse(first.at);
  const step = (now - start) / MOMENTS;
  const holders = new Set<PortKey>();
  const counts = new Map<string, number>();
  const numbers = new Map<number, number>();
  const count = (port: number, by: 1 | -1) => {
    const before = numbers.get(port) ?? 0;
    numbers.set(port, before + by);
    const id = rangeOf(policy, port)?.id;
    const isFirstOrLast = (before === 0) !== (before + by === 0);
    if (id !== undefined && isFirstOrLast) counts.set(id, (counts.get(id) ?? 0) + by);
  };
  let next = 0;
  return Array.from({ length: MOMENTS }, (_, each) => {
    const moment = each + 1 === MOMENTS ? now : start + step * (each + 1);
    for (; next < events.length && Date.parse(events[next]!.at) <= moment; next++) {
      const event = events[next]!;
      const key = portKey(event);
      if (event.type === 'port.released' && holders.delete(key)) count(event.port, -1);
      else if ((event.type === 'port.allocated' || event.type === 'port.registered') && !holders.has(key)) {
        holders.add(key);
        count(event.port, 1);
      }
    }
    return { at: new Date(moment).toISOString(), byRange: new Map(counts) };
  });
}
