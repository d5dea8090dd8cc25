import type { Holding } from '../../../events/stream.js';
import type { Policy } from '../../policy/policy.js';
import { parsePolicy } from '../../policy/policy-file.js';
import { POLICY_PATH } from '../../policy/policy-path.js';
import { policyChanges } from '../../review/policy-changes.js';
import { checkedReason } from '../input.js';
import type { Logs } from '../state/logs.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface ChangedPolicy extends Outcome {
  policy: unknown;
  diff: string[];
  /** Held ports that are now reserved or in no range; they keep their holders. */
  stranded: Holding[];
}

export async function changePolicy(
  logs: Logs,
  change: (source: string) => string,
  subject: string,
  options: Common,
): Promise<ChangedPolicy> {
  const reason = checkedReason(options.reason);
  const log = await logs.registry();
  let [before, after] = ['', ''];
  let held: Holding[] = [];
  const files = async () => {
    before = await log.reader.policySource();
    after = change(before);
    parsePolicy(after);
    return after === before ? [] : [{ path: POLICY_PATH, content: after }];
  };
  const written = await write(logs, {
    literal: true,
    decide: (view) => {
      held = [...view.registry];
      return { events: [], warnings: [], answer: null };
    },
    files,
    subject,
    reason,
    dryRun: options.dryRun,
  });
  const { lines, stranded } = policyChanges(readable(before), parsePolicy(after), held);
  const outcome = await outcomeOf(written, options);
  return { policy: JSON.parse(after), diff: lines, stranded, ...outcome };
}

/** Undefined if the change repairs it. */
function readable(source: string): Policy | undefined {
  try {
    return parsePolicy(source);
  } catch {
    return undefined;
  }
}
