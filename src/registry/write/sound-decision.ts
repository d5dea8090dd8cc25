import { labelOf } from '../../../events/names.js';
import { formatPort } from '../../../events/port.js';
import { VportsError } from '../../errors.js';
import type { Placed } from '../decide/decision.js';
import type { View } from '../decide/view.js';

/**
 * Throws CONFLICT where a decision would write what `verify` refuses for good: half a move, or a second port of one name. The decisions see
 * to that themselves; here it is held against all of them, before anything is written.
 */
export function refuseUnsound(view: View, events: readonly Placed[]): void {
  const moves = (['release', 'grant'] as const).map((side) => movesOf(events, side));
  const [left, taken] = moves.map((all) => new Set(all));
  const half = [...left!, ...taken!].find((it) => !left!.has(it) || !taken!.has(it));
  if (half !== undefined) throw unsound(`it would write only half of the move of ${half}`);
  for (const [name, ports] of claimsAfter(view, events))
    if (ports.size > 1) throw unsound(`${name} would have ${[...ports].join(' and ')}`);
}

/** `LOG 25000/tcp to 26000/tcp`. */
function movesOf(events: readonly Placed[], side: 'release' | 'grant'): string[] {
  return events.flatMap(({ log, event }) => {
    const { protocol, port } = event;
    const move = (from: number, to: number) =>
      `${log}: ${formatPort({ protocol, port: from })} to ${formatPort({ protocol, port: to })}`;
    if (side === 'release' && event.type === 'port.released' && event.to !== undefined)
      return [move(port, event.to)];
    if (side === 'grant' && event.type === 'port.allocated' && event.from !== undefined)
      return [move(event.from, port)];
    return [];
  });
}

function claimsAfter(view: View, events: readonly Placed[]): Map<string, Set<string>> {
  const granted = new Set(
    events.flatMap(({ log, event }) => (isClaim({ log, event }) ? [event.resource] : [])),
  );
  const claims = new Map<string, Set<string>>();
  const portsOf = (about: { resource: string; name: string }) => {
    const known = claims.get(labelOf(about)) ?? new Set<string>();
    claims.set(labelOf(about), known);
    return known;
  };
  for (const resource of granted)
    for (const it of view.registry.of(resource)) if (!it.lease) portsOf(it).add(formatPort(it));
  // A name may already have two ports after a merge.
  const before = new Set([...claims].flatMap(([name, ports]) => (ports.size > 1 ? [name] : [])));
  for (const placed of events) {
    const { event } = placed;
    if (event.type === 'port.released') claims.get(labelOf(event))?.delete(formatPort(event));
    else if (isClaim(placed)) portsOf(event).add(formatPort(event));
  }
  for (const name of before) claims.delete(name);
  return claims;
}

function isClaim({ log, event }: Placed): boolean {
  const isGrant = event.type === 'port.allocated' || event.type === 'port.registered';
  return isGrant && log === 'registry' && !('lease' in event && event.lease !== undefined);
}

function unsound(what: string): VportsError {
  return new VportsError(
    'CONFLICT',
    `nothing was written, because \`vports verify\` would reject it: ${what}`,
    {
      hint: 'this is a bug in vports: please report the command and `vports log`',
    },
  );
}
