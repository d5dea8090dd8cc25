import type { Verdict } from '../verdict.js';
import type { AllowedSigner } from './allowed-signers.js';
import { judgeSignature } from './judge-signature.js';
import { withoutArmor } from './sshsig.js';

/** What git signs for. */
const NAMESPACE = 'git';

/** Whether a commit, by its bytes, is signed by SSH, with a key that these signers give to each of these addresses at its time. */
export function verifyCommit(content: Buffer, signers: AllowedSigner[], emails: string[]): Verdict {
  const end = content.indexOf('\n\n');
  const header = content.toString('latin1', 0, end + 1);
  const [whole, body] = /^gpgsig ((?:.*\n)(?: .*\n)*)/m.exec(header) ?? [];
  if (whole === undefined || body === undefined) return { is: 'unsigned' };
  const armored = body.replaceAll('\n ', '\n');
  const base64 = withoutArmor(armored);
  if (base64 === undefined) return { is: 'bad', why: 'it is not signed by SSH' };
  const time = Number(/^committer .* (\d+) [+-]\d{4}$/m.exec(header)?.[1] ?? 0) * 1000;
  const payload = Buffer.concat([
    Buffer.from(header.replace(whole, ''), 'latin1'),
    content.subarray(end + 1),
  ]);
  return judgeSignature(base64, payload, { namespace: NAMESPACE, signers, emails, time });
}
