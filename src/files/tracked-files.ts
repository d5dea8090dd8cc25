import { join } from 'node:path';
import { attempt } from '../attempt.js';
import { existsSync } from '../world/files.js';
import { readRegularBytes } from './regular-file.js';
import { gitFileTarget } from './work-tree.js';

/** Bytes. The index of a million files has about 100 million. */
const LARGEST = 512 * 2 ** 20;

/** Size of an index entry's fields before its flags, git-scm.com/docs/index-format; the object's name has 20 bytes. */
const BEFORE_FLAGS = 60;
const EXTENDED = 0x4000;
const NAME_LENGTH = 0xfff;

/** Files in the index of a work tree, as paths from its root with `/`. Undefined if it is missing, torn or of an unknown version. */
export function trackedFiles(worktree: string): Set<string> | undefined {
  return attempt(() => pathsIn(readRegularBytes(indexOf(worktree), LARGEST)));
}

export function hasIndex(worktree: string): boolean {
  return existsSync(indexOf(worktree));
}

function indexOf(worktree: string): string {
  return join(gitFileTarget(worktree) ?? join(worktree, '.git'), 'index');
}

function pathsIn(index: Buffer): Set<string> | undefined {
  if (index.toString('latin1', 0, 4) !== 'DIRC') return undefined;
  const version = index.readUInt32BE(4);
  if (version < 2 || version > 4) return undefined;
  const paths = new Set<string>();
  let at = 12;
  let previous = Buffer.alloc(0);
  for (let left = index.readUInt32BE(8); left > 0; left--) {
    const flags = index.readUInt16BE(at + BEFORE_FLAGS);
    let name = at + BEFORE_FLAGS + 2 + (version > 2 && flags & EXTENDED ? 2 : 0);
    let kept = 0;
    if (version === 4) {
      const cut = readOffset(index, name);
      name = cut.next;
      kept = previous.length - cut.value;
    }
    const length = flags & NAME_LENGTH;
    const end = version !== 4 && length < NAME_LENGTH ? name + length : index.indexOf(0, name);
    if (end < name || end > index.length || kept < 0) return undefined;
    previous = Buffer.concat([previous.subarray(0, kept), index.subarray(name, end)]);
    paths.add(previous.toString('utf8'));
    // Up to version 3 an entry is padded to eight bytes, with at least one of zero.
    at = version === 4 ? end + 1 : at + ((end - at + 8) & ~7);
  }
  return paths;
}

/** A variable-length number as in the offsets of packs: seven bits per byte, highest first. */
function readOffset(bytes: Buffer, from: number): { value: number; next: number } {
  let at = from;
  let byte = bytes.readUInt8(at++);
  let value = byte & 0x7f;
  while (byte & 0x80) {
    byte = bytes.readUInt8(at++);
    value = (value + 1) * 128 + (byte & 0x7f);
  }
  return { value, next: at };
}
