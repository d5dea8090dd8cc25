import { createHash } from 'node:crypto';
import { deflated } from './deflate.js';
import { git } from './git-program.js';

export type ObjectType = 'blob' | 'tree' | 'commit';

export interface NewObject {
  type: ObjectType;
  content: Buffer;
}

/** Numbers of the types in a pack, from gitformat-pack(5). */
const NUMBERS: Record<ObjectType, number> = { commit: 1, tree: 2, blob: 3 };

/**
 * Writes many objects as one pack, on the disk and synced when this returns: git looks at every object and makes the index.
 * False where git is not there or failed; then nothing was written.
 */
export async function writePack(gitdir: string, objects: Iterable<NewObject>): Promise<boolean> {
  return (await git(['index-pack', '--stdin'], { gitdir, input: encodePack([...objects]) })) !== undefined;
}

/** The bytes of a pack without deltas: a header, each object deflated behind its type and size, a checksum. */
function encodePack(objects: NewObject[]): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK', 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.length, 8);
  const parts: Buffer[] = [header];
  for (const { type, content } of objects) {
    parts.push(entryHeader(NUMBERS[type], content.length), deflated(content));
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Three bits of type and four of the size, then seven of it a byte; the highest bit says that more follow. */
function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let [byte, rest] = [(type << 4) | (size & 0x0f), Math.floor(size / 16)];
  while (rest > 0) {
    bytes.push(byte | 0x80);
    [byte, rest] = [rest & 0x7f, Math.floor(rest / 128)];
  }
  return Buffer.from([...bytes, byte]);
}
