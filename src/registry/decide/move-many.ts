import { Holdings } from '../../../events/holdings.js';
import { isResourceName } from '../../../events/names.js';
import { comparePorts } from '../../../events/port.js';
import type { Holding } from '../../../events/stream.js';
import { unlessCode } from '../../attempt.js';
import { VportsError, type Warning } from '../../errors.js';
import { globMatches, within } from '../../policy/policy.js';
import { applyPlanned, type Decision, logOf, type Placed, unknownResource } from './decision.js';
import { namedRange, type RangeChoice, usualRange, wishedRange } from './range-choice.js';
import { type Moved, rangeFull, reassign } from './reassign.js';
import type { View } from './view.js';

export interface MoveMany {
  patterns: string[];
  /** A range id, FROM-TO, or `auto` for the range that the policy matches each name to. */
  range: string;
  /** Ranges asked for in service.json files, by `RESOURCE NAME`. */
  wishes: ReadonlyMap<string, string>;
  reason?: string | undefined;
}

/**
 * Moves the claims of many resources into a range, those that are not in it, and all of them or none. The new numbers of a range rise
 * as the old ones did, where it has room for that.
 * Throws UNKNOWN_RESOURCE for a name or glob that nobody has, RANGE_FULL, and what namedRange throws.
 */
export function moveMany(view: View, command: MoveMany): Decision<Moved[]> {
  // Resources of other projects have no typeable name here.
  const claims = [...view.registry].filter((it) => !it.lease && isResourceName(it.resource));
  const fits = (pattern: string) => (it: Holding) => globMatches(pattern, it.resource);
  for (const pattern of command.patterns) if (!claims.some(fits(pattern))) throw nobody(view, pattern);
  const wanted = claims.filter((it) => command.patterns.some((pattern) => fits(pattern)(it)));
  return moveInOrder(view, wanted, {
    choose: (holding) => rangeFor(view, holding, command.range, command.wishes),
    reason: command.reason,
  });
}

interface Choice {
  range: RangeChoice;
  warning?: Warning | undefined;
}

interface Move {
  choose: (holding: Holding) => Choice;
  reason?: string | undefined;
}

/** Moves claims into the ranges chosen for them, as moveMany does. */
export function moveInOrder(view: View, claims: Holding[], move: Move): Decision<Moved[]> {
  const sorted = [...claims].sort((a, b) => comparePorts(a, b) || (a.event < b.event ? -1 : 1));
  return (
    unlessCode(['RANGE_FULL'], () => moveAll(view, sorted, move, true)) ??
    // What other registries hold comes last, and so may be all that is left, below the numbers given.
    unlessCode(['RANGE_FULL'], () => moveAll({ ...view, elsewhere: new Map() }, sorted, move, true)) ??
    moveAll(view, sorted, move, false)
  );
}

function moveAll(
  view: View,
  claims: Holding[],
  { choose, reason }: Move,
  rising: boolean,
): Decision<Moved[]> {
  const registry = new Holdings(view.registry);
  const events: Placed[] = [];
  const answer: Moved[] = [];
  const warnings: Warning[] = [];
  const last = new Map<string, Moved>();
  for (const holding of claims) {
    const { range, warning } = choose(holding);
    if (warning) warnings.push(warning);
    if (within(range, holding.port)) continue;
    const { resource, name } = holding;
    const before = rising ? last.get(range.label) : undefined;
    const from = before ? before.to + Number(before.from !== holding.port) : range.from;
    if (from > range.to) throw rangeFull(range, holding);
    const bounds = `${from}-${range.to}`;
    const decision = reassign({ ...view, registry }, { resource, port: name, range: bounds, reason });
    for (const { log, event } of decision.events) {
      events.push({ log, event });
      if (log === logOf({})) applyPlanned(registry, event, events.length);
    }
    answer.push(...decision.answer);
    for (const moved of decision.answer) last.set(range.label, moved);
  }
  return { events, warnings, answer };
}

function rangeFor(
  { policy }: View,
  { resource, name }: Holding,
  range: string,
  wishes: ReadonlyMap<string, string>,
): Choice {
  if (range !== 'auto') return { range: namedRange(policy, range) };
  const wish = wishes.get(`${resource} ${name}`);
  return wishedRange(wish, (text) => namedRange(policy, text), usualRange(policy, resource));
}

function nobody(view: View, pattern: string): VportsError {
  if (!/[*?]/.test(pattern)) return unknownResource(view, pattern);
  return new VportsError('UNKNOWN_RESOURCE', `no resource matches ${JSON.stringify(pattern)}`, {
    hint: 'see `vports list`',
    details: { pattern },
  });
}
