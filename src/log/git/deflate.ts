import { deflateSync } from 'node:zlib';

/** node's default buffer; most objects are smaller, and there may be thousands. */
const NODE_DEFAULT = 16 * 2 ** 10;

/** A window of a kilobyte is enough for small content, and its tables of 8 kB are faster to set up. */
const SHORT = { level: 1, windowBits: 10, memLevel: 4 };

/**
 * The zlib format without compression: short texts hardly shrink, and to deflate a thousand of them takes longer than all decisions.
 * At most 65,535 bytes (RFC 1950, and 3.2.4 of RFC 1951).
 */
export function storedBlocks(content: Buffer): Buffer {
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
  // With so few bytes the sums stay exact.
  for (let at = 0; at < content.length; at++) {
    low += content[at]!;
    high += low;
  }
  return (high % 65_521) * 65_536 + (low % 65_521);
}

export function deflated(content: Buffer): Buffer {
  const chunkSize = Math.min(NODE_DEFAULT, content.length + 64);
  return deflateSync(content, content.length <= 1024 ? { ...SHORT, chunkSize } : { level: 1, chunkSize });
}
