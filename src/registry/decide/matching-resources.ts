import { isResourceName } from '../../../events/names.js';
import { VportsError } from '../../errors.js';
import { globMatches } from '../../policy/policy.js';
import type { Decision } from './decision.js';
import { allHeld, type View } from './view.js';

export function isGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** Merges independent decisions, one per resource; globs only match names of this project. Throws UNKNOWN_RESOURCE. */
export function ofEach<Answer>(
  view: View,
  patterns: string[],
  decide: (resource: string) => Decision<Answer[]>,
): Decision<Answer[]> {
  const resources = new Set(patterns.flatMap((it) => (isGlob(it) ? matches(view, it) : [it])));
  const decisions = [...resources].map(decide);
  return {
    events: decisions.flatMap(({ events }) => events),
    warnings: decisions.flatMap(({ warnings }) => warnings),
    answer: decisions.flatMap(({ answer }) => answer),
  };
}

/** Resources of other projects have no typeable name here. */
function matches(view: View, glob: string): string[] {
  const names = new Set(allHeld(view).map(({ resource }) => resource));
  const found = [...names].filter((it) => isResourceName(it) && globMatches(glob, it)).sort();
  if (found.length > 0) return found;
  throw new VportsError('UNKNOWN_RESOURCE', `no resource matches ${JSON.stringify(glob.slice(0, 80))}`, {
    hint: 'see `vports list`',
    details: { pattern: glob.slice(0, 200) },
  });
}
