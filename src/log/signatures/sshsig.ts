import { createHash } from 'node:crypto';
import { type SshKey, sshKey, Unfit } from './ssh-key.js';
import { WireReader, wireString } from './wire.js';

const MAGIC = 'SSHSIG';

/** A signature as `ssh-keygen -Y sign` makes it (PROTOCOL.sshsig of OpenSSH). */
export interface SshSignature {
  keyBlob: Buffer;
  key: SshKey;
  /** Whether it is one of this text. */
  covers: (text: string | Buffer) => boolean;
}

/** The bytes within the armor, in base64 and on one line; undefined where there is no armor. */
export function withoutArmor(armored: string): string | undefined {
  const [, body] =
    /^-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END SSH SIGNATURE-----\s*$/.exec(armored) ??
    [];
  return body?.replace(/[\r\n]/g, '');
}

/** The armor around them, for `ssh-keygen -Y verify`. */
export function withArmor(base64: string): string {
  const lines = base64.match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

/** Throws Unfit for what is no signature in this namespace with sha512, or of a key that is not supported. */
export function parseSignature(base64: string, namespace: string): SshSignature {
  const reader = new WireReader(Buffer.from(base64, 'base64'));
  try {
    if (reader.raw(MAGIC.length).toString('latin1') !== MAGIC || reader.uint32() !== 1)
      throw new Unfit('it is no SSH signature of version 1');
    const keyBlob = reader.string();
    const its = reader.text();
    if (its !== namespace)
      throw new Unfit(`it was made for ${JSON.stringify(its.slice(0, 60))}, not for ${namespace}`);
    const reserved = reader.string();
    const hash = reader.text();
    if (hash !== 'sha512')
      throw new Unfit(`it uses the hash ${JSON.stringify(hash.slice(0, 60))}, not sha512`);
    const signature = reader.string();
    if (!reader.isDone) throw new Unfit('there are bytes after the signature');
    const key = sshKey(keyBlob);
    const covers = (text: string | Buffer) => {
      const digest = createHash('sha512').update(text).digest();
      const parts = [wireString(namespace), wireString(reserved), wireString(hash), wireString(digest)];
      return key.signed(Buffer.concat([Buffer.from(MAGIC), ...parts]), signature);
    };
    return { keyBlob, key, covers };
  } catch (error) {
    if (error instanceof RangeError) throw new Unfit('the signature is cut off', { cause: error });
    throw error;
  }
}
