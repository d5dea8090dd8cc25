import { deflateSync } from 'node:zlib';

/** node makes room for so many bytes at a time unless told otherwise; most objects are shorter, and there may be thousands. */
const NODES_OWN = 16 * 2 ** 10;

/** For less than a kilobyte nothing is looked for further back than that, in tables of 8 kB that are quicker to lay out. */
const SHORT = { level: 1, windowBits: 10, memLevel: 4 };

/**
 * The same format with nothing made smaller, for what is hardly made smaller anyway: a short text deflates to two thirds, and a
 * thousand of them take longer to deflate than to decide. At most 65,535 bytes (RFC 1950, and 3.2.4 of RFC 1951).
 */
export function stored(content: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(content.length + 11);
  whole.writeUInt16BE(0x7801, 0);
  whole[2] = 1;
  whole.writeUInt16LE(content.length, 3);
  whole.writeUInt16LE(content.length ^ 0xffff, 5);
  content.copy(whole, 7);
  whole.writeUInt32BE(adler32(content), content.length + 7);
  return whole;
}

function adler32(content: Buffer): number {
  let [low, high] = [1, 0];
  // Of so few bytes no sum is too large for a number that is exact.
  for (let at = 0; at < content.length; at++) {
    low += content[at]!;
    high += low;
  }
  return (high % 65_521) * 65_536 + (low % 65_521);
}

/** Deflated as git keeps its objects. */
export function deflated(content: Buffer): Buffer {
  const chunkSize = Math.min(NODES_OWN, content.length + 64);
  return deflateSync(content, content.length <= 1024 ? { ...SHORT, chunkSize } : { level: 1, chunkSize });
}
