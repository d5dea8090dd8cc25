import type { Verdict } from '../verdict.js';
import type { AllowedSigner } from './allowed-signers.js';
import { Unfit } from './ssh-key.js';
import { parseSignature, withoutArmor } from './sshsig.js';
import { verdictOf } from './verdict.js';

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
  try {
    const { keyBlob, key, covers } = parseSignature(base64, NAMESPACE);
    const payload = Buffer.concat([
      Buffer.from(header.replace(whole, ''), 'latin1'),
      content.subarray(end + 1),
    ]);
    if (!covers(payload)) return { is: 'bad', why: 'it does not cover this commit', key: key.fingerprint };
    return verdictOf(
      key.fingerprint,
      signers.filter((it) => it.keyBlob.equals(keyBlob)),
      { emails, namespace: NAMESPACE, time },
    );
  } catch (error) {
    if (error instanceof Unfit) return { is: 'bad', why: error.message };
    throw error;
  }
}
