import type { AllowedSigner } from './allowed-signers.js';

/** What a signature is worth. */
export type Verdict =
  | { is: 'signed'; key: string }
  | { is: 'unsigned' }
  /** It is sound, and by a key that nobody allowed. */
  | { is: 'unknown'; why: string; key: string }
  /** `key` is missing where the signature names none. */
  | { is: 'bad'; why: string; key?: string };

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
