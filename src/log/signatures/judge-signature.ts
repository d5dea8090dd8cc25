import type { Verdict } from '../verdict.js';
import type { AllowedSigner } from './allowed-signers.js';
import { Unfit } from './ssh-key.js';
import { parseSignature } from './sshsig.js';

/** What a signature in base64 is worth for a text that these addresses wrote at a time (milliseconds since 1970). */
export function judgeSignature(
  base64: string,
  text: string | Buffer,
  {
    namespace,
    signers,
    emails,
    time,
  }: { namespace: string; signers: AllowedSigner[]; emails: Iterable<string>; time: number },
): Verdict {
  try {
    const signature = parseSignature(base64, namespace);
    const key = signature.key.fingerprint;
    if (!signature.covers(text))
      return { is: 'bad', why: 'it does not cover these bytes at this place', key };
    const own = signers.filter((it) => it.keyBlob.equals(signature.keyBlob));
    if (own.length === 0) return { is: 'unknown', why: `the key ${key} is not in allowed_signers`, key };
    for (const email of emails) {
      const refusals = own.map((it) => it.refusal(email, namespace, time));
      if (!refusals.includes(undefined)) return { is: 'bad', why: refusals[0]!, key };
    }
    return { is: 'signed', key };
  } catch (error) {
    if (error instanceof Unfit) return { is: 'bad', why: error.message };
    throw error;
  }
}
