import { VportsError } from '../errors.js';
import type { Registry } from '../registry/registry.js';
import type { Answer } from './command.js';
import { commonOptions, writeAnswer, writeFlags } from './write-flags.js';

const { 'dry-run': dryRun, branch, reason } = writeFlags;

/** A policy change is a commit, but no event: it takes what makes sense for one. */
export const policyWriteFlags = { 'dry-run': dryRun, branch, reason };

export async function policyAnswer(
  registry: Registry,
  change: (source: string) => string,
  subject: string,
  flags: { 'dry-run': boolean; reason?: string | undefined },
): Promise<Answer> {
  const { policy, ...outcome } = await registry.changePolicy(
    change,
    subject,
    commonOptions({ ...flags, docs: false }),
  );
  return writeAnswer(registry, outcome, { text: JSON.stringify(policy, null, 2), json: { policy } }, flags);
}

/** The text as edited, provided that nobody else has changed it meanwhile. Throws CONFLICT. */
export function unlessChanged(before: string, after: string): (now: string) => string {
  return (now) => {
    if (now === before) return after;
    throw new VportsError('CONFLICT', 'somebody else changed the policy while you edited it', {
      hint: 'look at it with `vports policy show` and edit again',
    });
  };
}
