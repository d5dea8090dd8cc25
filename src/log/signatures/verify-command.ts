import type { Verdict } from '../verdict.js';
import type { AllowedSigner } from './allowed-signers.js';
import { type Command, NAMESPACE, signedText, withOthers } from './command-text.js';
import { judgeSignature } from './judge-signature.js';

/** Whether a command is signed, by a key that these signers give to the author of each of its events at that time. */
export function verifyCommand(
  registry: string | undefined,
  command: Command,
  signers: AllowedSigner[],
): Verdict {
  const { first, others } = command;
  const { sig, with: said } = first.event;
  const isElsewhere = others.some(({ event }) => event.sig !== undefined || event.with !== undefined);
  if (isElsewhere) return { is: 'bad', why: 'another event than the first of its command has a signature' };
  if (sig === undefined)
    return said === undefined ? { is: 'unsigned' } : { is: 'bad', why: 'its signature was removed' };
  if (registry === undefined) return { is: 'bad', why: 'policy.json has no id to which it could belong' };
  const whole = withOthers(command).first.event.with;
  if (whole?.files !== said?.files || whole?.sha256 !== said?.sha256)
    return {
      is: 'bad',
      why: `it covers ${(said?.files ?? 0) + 1} events, and not these ${others.length + 1}`,
    };
  return judgeSignature(sig, signedText(registry, command), {
    namespace: NAMESPACE,
    signers,
    emails: new Set([first, ...others].map(({ event }) => event.by.email)),
    time: Date.parse(first.event.at),
  });
}
