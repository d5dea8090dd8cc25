import { Holdings } from '../../../events/holdings.js';
import type { Holding } from '../../../events/stream.js';
import { attempt } from '../../attempt.js';
import { parsePolicy } from '../../policy/policy-file.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import { policyChanges } from '../../review/policy-changes.js';
import { applyPlanned, type Placed } from '../decide/decision.js';
import type { Logs } from '../state/logs.js';
import { type Write, write } from './write.js';
import type { Written } from './written.js';

/** What became of a policy. */
export interface PolicyChange {
  policy: unknown;
  diff: string[];
  /** Held ports that are now reserved or in no range; they keep their holders. */
  stranded: Holding[];
}

/**
 * Changes policy.json in a commit that also has the events of `decide`, which are decided by the new policy. `change` returns the new
 * text. Throws BAD_POLICY without writing.
 */
export async function writePolicy<Answer>(
  logs: Logs,
  change: (source: string) => string,
  request: Omit<Write<Answer>, 'files' | 'literal'>,
): Promise<{ written: Written<Answer>; changed: PolicyChange }> {
  const log = await logs.registry();
  let [before, after] = ['', ''];
  let held: Holding[] = [];
  const written = await write(logs, {
    ...request,
    literal: true,
    prepare: async () => {
      await request.prepare?.();
      before = await log.reader.policySource();
      after = change(before);
      parsePolicy(after);
    },
    decide: (view) => {
      const decision = request.decide({ ...view, policy: parsePolicy(after) });
      held = heldAfter(view.registry, decision.events);
      return decision;
    },
    files: async () => (after === before ? [] : [{ path: POLICY_PATH, content: after }]),
  });
  // Undefined if the change repairs it.
  const old = attempt(() => parsePolicy(before));
  const { lines, stranded } = policyChanges(old, parsePolicy(after), held);
  return { written, changed: { policy: JSON.parse(after), diff: lines, stranded } };
}

function heldAfter(before: Holdings, events: readonly Placed[]): Holding[] {
  if (events.length === 0) return [...before];
  const holdings = new Holdings(before);
  for (const [index, { log, event }] of events.entries())
    if (log === 'registry') applyPlanned(holdings, event, index);
  return [...holdings];
}
