import type { Caller } from '../caller.js';
import { type Cleaned, cleanup as decide } from '../decide/cleanup.js';
import type { View } from '../decide/view.js';
import { checkedReason, requireResource } from '../input.js';
import { deadLeases } from '../state/dead-leases.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface CleanupOptions extends Common {
  fix?: boolean | undefined;
  /** A resource whose leases are released despite listeners. */
  force?: string | undefined;
}

export async function cleanup(
  { logs }: Caller,
  options: CleanupOptions,
): Promise<Outcome & { released: Cleaned[]; kept: Cleaned[] }> {
  const force = options.force === undefined ? undefined : requireResource(options.force);
  const command = { force, reason: checkedReason(options.reason) };
  const written = await write(logs, {
    decide: (view: View) => decide(view, { ...command, ownerGone: deadLeases(view.host) }),
    looks: true,
    local: true,
    literal: true,
    dryRun: !options.fix || options.dryRun,
  });
  return { ...written.answer, ...(await outcomeOf(written, options)) };
}
