import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { WireReader } from './wire.js';

/** A public key of SSH that signatures are checked with. */
export interface SshKey {
  /** As ssh-keygen(1) names it: `SHA256:…`. */
  fingerprint: string;
  /** Whether the signature of a blob (RFC 4253 section 6.6, and PROTOCOL.u2f of OpenSSH) is this key's over these bytes. */
  signed: (bytes: Buffer, signature: Buffer) => boolean;
}

/** A key or a signature that is not trusted, in words. */
export class Unfit extends Error {}

/** Fewer bits are not trusted, as NIST SP 800-131A has it. */
const LEAST_RSA_BITS = 2048;
const CURVES: Record<string, { crv: string; hash: string; bytes: number }> = {
  nistp256: { crv: 'P-256', hash: 'sha256', bytes: 32 },
  nistp384: { crv: 'P-384', hash: 'sha384', bytes: 48 },
  nistp521: { crv: 'P-521', hash: 'sha512', bytes: 66 },
};
/** PROTOCOL.u2f: somebody touched the key. */
const PRESENT = 0x01;

type Check = (bytes: Buffer, signature: WireReader, kind: string) => boolean;

/** The key in a blob, as in an authorized_keys file. Throws Unfit for a kind that is not supported, RangeError where it is cut off. */
export function sshKey(blob: Buffer): SshKey {
  const name = blob.toString('latin1');
  const known = KNOWN.get(name) ?? readKey(blob);
  if (KNOWN.size >= MOST_KNOWN) KNOWN.clear();
  KNOWN.set(name, known);
  return known;
}

/** A few people sign thousands of events. */
const KNOWN = new Map<string, SshKey>();
const MOST_KNOWN = 100;

function readKey(blob: Buffer): SshKey {
  const reader = new WireReader(blob);
  const kind = reader.text();
  const check = checkOf(kind, reader);
  const fingerprint = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
  const signed = (bytes: Buffer, signature: Buffer) => {
    const given = new WireReader(signature);
    try {
      return check(bytes, given, given.text()) && given.isDone;
    } catch (error) {
      // Whatever else is wrong with a signature that somebody wrote, it is none.
      if (error instanceof Unfit) throw error;
      return false;
    }
  };
  return { fingerprint, signed };
}

function checkOf(kind: string, reader: WireReader): Check {
  if (kind === 'ssh-ed25519') return plainly(kind, ed25519(reader));
  if (kind.startsWith('ecdsa-sha2-')) return plainly(kind, ecdsa(kind.slice('ecdsa-sha2-'.length), reader));
  if (kind === 'ssh-rsa') return rsa(reader);
  if (kind === 'sk-ssh-ed25519@openssh.com') return touched(kind, ed25519(reader), reader);
  if (kind === 'sk-ecdsa-sha2-nistp256@openssh.com') return touched(kind, ecdsa('nistp256', reader), reader);
  throw new Unfit(`keys of the kind ${JSON.stringify(kind.slice(0, 60))} are not supported`);
}

type Inner = (bytes: Buffer, signature: Buffer) => boolean;

function plainly(kind: string, inner: Inner): Check {
  return (bytes, signature, its) => its === kind && inner(bytes, signature.string());
}

/** A hardware key signs the application, that somebody was there, a counter and the hash. */
function touched(kind: string, inner: Inner, reader: WireReader): Check {
  const application = createHash('sha256').update(reader.string()).digest();
  return (bytes, signature, its) => {
    if (its !== kind) return false;
    const raw = signature.string();
    const facts = signature.raw(5);
    if ((facts[0]! & PRESENT) === 0) throw new Unfit('nobody touched the hardware key');
    return inner(Buffer.concat([application, facts, createHash('sha256').update(bytes).digest()]), raw);
  };
}

function ed25519(reader: WireReader): Inner {
  const key = keyOf({ kty: 'OKP', crv: 'Ed25519', x: url(reader.string()) });
  return (bytes, signature) => signature.length === 64 && verify(null, bytes, key, signature);
}

function ecdsa(curve: string, reader: WireReader): Inner {
  const known = Object.hasOwn(CURVES, curve) ? CURVES[curve]! : undefined;
  if (!known || reader.text() !== curve)
    throw new Unfit(`the curve ${JSON.stringify(curve.slice(0, 60))} is not supported`);
  const { crv, hash, bytes: size } = known;
  const point = reader.string();
  if (point.length !== 1 + 2 * size || point[0] !== 4)
    throw new Unfit('the point of the key is not supported');
  const [x, y] = [point.subarray(1, 1 + size), point.subarray(1 + size)];
  const key = keyOf({ kty: 'EC', crv, x: url(x), y: url(y) });
  return (bytes, signature) => {
    const numbers = new WireReader(signature);
    const [r, s] = [numbers.mpint(), numbers.mpint()];
    if (r.length > size || s.length > size || !numbers.isDone) return false;
    const padded = Buffer.concat([Buffer.alloc(size - r.length), r, Buffer.alloc(size - s.length), s]);
    return verify(hash, bytes, { key, dsaEncoding: 'ieee-p1363' }, padded);
  };
}

function rsa(reader: WireReader): Check {
  const [e, n] = [reader.mpint(), reader.mpint()];
  const bits = n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
  if (bits < LEAST_RSA_BITS) throw new Unfit(`the RSA key has ${bits} bits, fewer than ${LEAST_RSA_BITS}`);
  const key = keyOf({ kty: 'RSA', n: url(n), e: url(e) });
  return (bytes, signature, kind) => {
    const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[kind];
    if (hash === undefined)
      throw new Unfit(`RSA signatures of the kind ${JSON.stringify(kind.slice(0, 60))} are not supported`);
    return verify(hash, bytes, key, signature.string());
  };
}

function keyOf(jwk: Record<string, string>): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    throw new Unfit('the key is no point of its curve', { cause });
  }
}

function url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
