import type { Verdict } from '../verdict.js';
import type { AllowedSigner } from './allowed-signers.js';

/** What the lines of `allowed_signers` for a key make of a signature that is sound. */
export function verdictOf(
  key: string,
  own: AllowedSigner[],
  { emails, namespace, time }: { emails: Iterable<string>; namespace: string; time: number },
): Verdict {
  if (own.length === 0) return { is: 'unknown', why: `the key ${key} is not in allowed_signers`, key };
  for (const email of emails) {
    const refusals = own.map((it) => it.refusal(email, namespace, time));
    if (!refusals.includes(undefined)) return { is: 'bad', why: refusals[0]!, key };
  }
  return { is: 'signed', key };
}
