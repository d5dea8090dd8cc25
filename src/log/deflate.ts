import { deflateSync } from 'node:zlib';

/** node makes room for so many bytes at a time unless told otherwise; most objects are shorter, and there may be thousands. */
const NODES_OWN = 16 * 2 ** 10;

/** For less than a kilobyte nothing is looked for further back than that, in tables of 8 kB that are quicker to lay out. */
const SHORT = { level: 1, windowBits: 10, memLevel: 4 };

/** Deflated as git keeps its objects. */
export function deflated(content: Buffer): Buffer {
  const chunkSize = Math.min(NODES_OWN, content.length + 64);
  return deflateSync(content, content.length <= 1024 ? { ...SHORT, chunkSize } : { level: 1, chunkSize });
}
