import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { errno } from '../../errors.js';
import { readdirSync } from '../../world/files.js';
import { deflated, storedBlocks } from './deflate.js';
import { syncFolder } from './durable-fs.js';
import { mkdirSync, mkdtempSync, rename, rmSync, writeWhole } from './guarded-files.js';
import { git } from './program/git-program.js';

export type ObjectType = 'blob' | 'tree' | 'commit';

export interface NewObject {
  type: ObjectType;
  content: Buffer;
}

/** Prefix of the folder in which a pack is built, and the content of our `.keep` files. */
export const [BUILDING, KEEP] = ['tmp_objdir-vports-', 'vports: until its ref has moved\n'];

/** Objects of fewer bytes are stored uncompressed until git repacks. */
const SHORT = 1024;

/** Numbers of the types in a pack, from gitformat-pack(5). */
const NUMBERS: Record<ObjectType, number> = { commit: 1, tree: 2, blob: 3 };

/**
 * Writes many objects durably as one pack. git checks them and builds the index in a separate folder, from where the pack is moved
 * with a `.keep` next to it, as `git repack -ad` would drop objects that no ref reaches yet. Returns the pack's path without
 * extension; undefined, with nothing left behind, if git is missing or failed.
 */
export async function writePack(gitdir: string, objects: Iterable<NewObject>): Promise<string | undefined> {
  const store = join(gitdir, 'objects');
  let building: string | undefined;
  try {
    // `git gc` and `git prune` remove folders of this name that a killed process leaves.
    building = mkdtempSync(join(store, BUILDING));
    const env = { GIT_OBJECT_DIRECTORY: building };
    const made = await git(['index-pack', '--stdin'], {
      commondir: gitdir,
      input: encodePack([...objects]),
      env,
    });
    return made && moveIn(join(building, 'pack'), join(store, 'pack'));
  } catch (error) {
    if (errno(error) === undefined) throw error;
    return undefined;
  } finally {
    if (building) rmSync(building, { recursive: true, force: true });
  }
}

/** The index comes last: git sees a pack once its index exists. */
function moveIn(from: string, to: string): string | undefined {
  mkdirSync(to, { recursive: true });
  const isIndex = (name: string) => name.endsWith('.idx');
  const names = readdirSync(from).sort((a, b) => Number(isIndex(a)) - Number(isIndex(b)));
  const [pack] = names.map((name) => /^(pack-[0-9a-f]+)\.pack$/.exec(name)?.[1]).filter(Boolean);
  if (pack === undefined) return undefined;
  writeWhole(join(to, `${pack}.keep`), KEEP);
  for (const name of names) rename(join(from, name), join(to, name));
  syncFolder(to);
  return join(to, pack);
}

/** A pack without deltas: header, each object deflated after its type and size, checksum. */
function encodePack(objects: NewObject[]): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK', 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.length, 8);
  const parts: Buffer[] = [header];
  for (const { type, content } of objects) {
    parts.push(
      entryHeader(NUMBERS[type], content.length),
      content.length <= SHORT ? storedBlocks(content) : deflated(content),
    );
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Three bits of type and four of the size, then seven bits of the size per byte; the highest bit means that more follow. */
function entryHeader(type: number, size: number): Buffer {
  const bytes: number[] = [];
  let [byte, rest] = [(type << 4) | (size & 0x0f), Math.floor(size / 16)];
  while (rest > 0) {
    bytes.push(byte | 0x80);
    [byte, rest] = [rest & 0x7f, Math.floor(rest / 128)];
  }
  return Buffer.from([...bytes, byte]);
}
