import { checkedReason } from '../input.js';
import type { Logs } from '../state/logs.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
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
    decide: () => ({ events: [], warnings: [], answer: null }),
    subject,
    reason,
    dryRun: options.dryRun,
  });
  return { ...changed, ...(await outcomeOf(written, options)) };
}
