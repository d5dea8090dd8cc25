import { Holdings } from '../../../events/holdings.js';
import { isResourceName } from '../../../events/names.js';
import type { Holding } from '../../../events/stream.js';
import { VportsError, type Warning } from '../../errors.js';
import { globMatches, within } from '../../policy/policy.js';
import { applyPlanned, type Decision, logOf, type Placed, unknownResource } from './decision.js';
import { namedRange, type RangeChoice, usualRange, wishedRange } from './range-choice.js';
import { type Moved, reassign } from './reassign.js';
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
 * Moves the claims of many resources into a range, those that are not in it, and all of them or none.
 * Throws UNKNOWN_RESOURCE for a name or glob that nobody has, RANGE_FULL, and what namedRange throws.
 */
export function moveMany(view: View, { patterns, range, wishes, reason }: MoveMany): Decision<Moved[]> {
  // Resources of other projects have no typeable name here.
  const claims = [...view.registry].filter((it) => !it.lease && isResourceName(it.resource));
  const wanted = claims.filter((it) => patterns.some((pattern) => globMatches(pattern, it.resource)));
  for (const pattern of patterns)
    if (!claims.some((it) => globMatches(pattern, it.resource))) throw nobody(view, pattern);
  const registry = new Holdings(view.registry);
  const events: Placed[] = [];
  const answer: Moved[] = [];
  const warnings: Warning[] = [];
  for (const holding of wanted.sort(inOrder)) {
    const { range: choice, warning } = rangeFor(view, holding, range, wishes);
    if (warning) warnings.push(warning);
    if (within(choice, holding.port)) continue;
    const { resource, name } = holding;
    const bounds = `${choice.from}-${choice.to}`;
    const decision = reassign({ ...view, registry }, { resource, port: name, range: bounds, reason });
    for (const { log, event } of decision.events) {
      events.push({ log, event });
      if (log === logOf({})) applyPlanned(registry, event, events.length);
    }
    answer.push(...decision.answer);
  }
  return { events, warnings, answer };
}

function rangeFor(
  { policy }: View,
  { resource, name }: Holding,
  range: string,
  wishes: ReadonlyMap<string, string>,
): { range: RangeChoice; warning?: Warning | undefined } {
  if (range !== 'auto') return { range: namedRange(policy, range) };
  const wish = wishes.get(`${resource} ${name}`);
  return wishedRange(wish, (text) => namedRange(policy, text), usualRange(policy, resource));
}

function inOrder(a: Holding, b: Holding): number {
  return a.resource === b.resource ? a.port - b.port : a.resource < b.resource ? -1 : 1;
}

function nobody(view: View, pattern: string): VportsError {
  if (!/[*?]/.test(pattern)) return unknownResource(view, pattern);
  return new VportsError('UNKNOWN_RESOURCE', `no resource matches ${JSON.stringify(pattern)}`, {
    hint: 'see `vports list`',
    details: { pattern },
  });
}
