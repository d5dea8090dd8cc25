import { type Bounds, rangeById, within } from '../../policy/policy.js';
import { parsePolicy } from '../../policy/policy-file.js';
import { moveInOrder } from '../decide/move-many.js';
import { labelled } from '../decide/range-choice.js';
import type { Moved } from '../decide/reassign.js';
import { checkedReason } from '../input.js';
import type { Logs } from '../state/logs.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { moveRangeInPolicy } from '../write/policy-change.js';
import { decideNothing } from '../write/write.js';
import { type PolicyChange, writePolicy } from '../write/write-policy.js';

export interface ChangedPolicy extends Outcome, PolicyChange {}

export async function changePolicy(
  logs: Logs,
  change: (source: string) => string,
  subject: string,
  options: Common,
): Promise<ChangedPolicy> {
  const reason = checkedReason(options.reason);
  const { written, changed } = await writePolicy(logs, change, {
    decide: decideNothing,
    subject,
    reason,
    dryRun: options.dryRun,
  });
  return { ...changed, ...(await outcomeOf(written, options)) };
}

export interface MoveRange extends Common {
  /** Moves the claims that the new bounds leave outside into them. */
  reassign?: boolean | undefined;
}

export type MovedRange = ChangedPolicy & { moved: Moved[] };

export async function moveRange(
  logs: Logs,
  id: string,
  bounds: Bounds,
  options: MoveRange,
): Promise<MovedRange> {
  const reason = checkedReason(options.reason);
  let old: Bounds | undefined;
  const change = (source: string) => {
    const after = moveRangeInPolicy(source, id, bounds);
    old = rangeById(parsePolicy(source), id);
    return after;
  };
  const { written, changed } = await writePolicy(logs, change, {
    decide: (view) => {
      const range = labelled(rangeById(view.policy, id)!);
      const claims = [...view.registry].filter(
        (it) => !it.lease && old !== undefined && within(old, it.port),
      );
      return options.reassign
        ? moveInOrder(view, claims, { choose: () => ({ range }), reason })
        : { events: [], warnings: [], answer: [] };
    },
    subject: `move the range ${id}`,
    reason,
    dryRun: options.dryRun,
  });
  return { ...changed, ...(await outcomeOf(written, options)), moved: written.answer };
}
