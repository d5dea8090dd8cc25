import { deflateSync } from 'node:zlib';

/** node makes room for so many bytes at a time unless told otherwise; most objects are shorter, and there may be thousands. */
const NODES_OWN = 16 * 2 ** 10;

/** Deflated as git keeps its objects. */
export function deflated(content: Buffer): Buffer {
  return deflateSync(content, { level: 1, chunkSize: Math.min(NODES_OWN, content.length + 64) });
}
