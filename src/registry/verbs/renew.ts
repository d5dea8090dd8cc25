import { type Caller, resolveNames } from '../caller.js';
import { ofEach } from '../decide/matching-resources.js';
import { renew as decide, type Renewed } from '../decide/renew.js';
import { checkedReason } from '../input.js';
import { type Common, type Outcome, outcomeOf } from '../write/outcome.js';
import { write } from '../write/write.js';

export interface RenewOptions extends Common {
  ttl?: number | undefined;
}

export async function renew(
  caller: Caller,
  names: string[],
  { ttl, ...options }: RenewOptions,
): Promise<Outcome & { renewed: Renewed[] }> {
  const patterns = await resolveNames(caller, names);
  const command = { ttl, reason: checkedReason(options.reason) };
  const written = await write(caller.logs, {
    decide: (view) => ofEach(view, patterns, (resource) => decide(view, { ...command, resource })),
    local: true,
    resources: patterns,
    dryRun: options.dryRun,
  });
  return { renewed: written.answer, ...(await outcomeOf(written, options)) };
}
