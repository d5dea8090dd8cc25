import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { errno, type Warning } from '../errors.js';
import { isInside } from '../files/is-inside.js';
import { rename } from '../files/rename.js';
import { shellWord } from '../files/shell-word.js';
import { workTreeOf } from '../files/work-tree.js';

/** Writes a document whole or not at all; through a symbolic link, and with the file's own permissions. */
export function writeDocument({ path, text }: { path: string; text: string }): Warning | undefined {
  let temporary: string | undefined;
  try {
    const target = realTarget(path);
    const outside = leavesTree(path, target);
    if (outside) return notWritten(path, outside);
    const before = statSync(target, { throwIfNoEntry: false });
    // A file of several names stays one file: only then is it written in place.
    if (before && before.nlink > 1) {
      writeInPlace(target, Buffer.from(text));
      return undefined;
    }
    const name = join(dirname(target), `.vports-${randomBytes(8).toString('hex')}.tmp`);
    temporary = name;
    writeFileSync(name, text, { flag: 'wx', mode: 0o666 });
    if (before) keepOwner(name, before);
    rename(name, target);
    return undefined;
  } catch (error) {
    if (temporary) rmSync(temporary, { force: true });
    return notWritten(path, error);
  }
}

/** All of it, or what was there: the room that a file has is not given up before the new text is in it. */
function writeInPlace(path: string, bytes: Buffer): void {
  const before = readFileSync(path);
  const descriptor = openSync(path, 'r+');
  const put = (content: Buffer) => {
    for (let at = 0; at < content.length; ) at += writeSync(descriptor, content, at, content.length - at, at);
    ftruncateSync(descriptor, content.length);
  };
  try {
    put(bytes);
    fsyncSync(descriptor);
  } catch (error) {
    put(before);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Where a document is written: what its link leads to, else its name in the folder that its folder really is. */
export function realTarget(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path));
}

/**
 * Why a document is not where it seems to be: its link leads out of the work tree that its folder is in (out of the folder, where
 * there is none), or into git's own. A project could have any file of the user's overwritten.
 */
function leavesTree(path: string, target: string): string | undefined {
  const folder = dirname(path);
  // Of `.vrooli/service.json` the folder is the one around it.
  const own = basename(folder).startsWith('.') ? dirname(folder) : folder;
  const root = realpathSync(workTreeOf(folder) ?? own);
  const isOfGit = relative(root, target).split(sep).includes('.git');
  if (isInside(root, target) && !isOfGit) return undefined;
  return `link to ${target}, outside of ${root}`;
}

/** Throws where the file would become somebody else's. */
function keepOwner(temporary: string, { uid, gid, mode }: Stats): void {
  const own = statSync(temporary);
  if (own.uid !== uid || own.gid !== gid) chownSync(temporary, uid, gid);
  chmodSync(temporary, mode);
}

export function notWritten(path: string, why: unknown): Warning {
  const code = errno(why) === 'EILSEQ' ? 'not UTF-8' : errno(why);
  return {
    code: 'DOCUMENT_NOT_WRITTEN',
    message: `${path} was not written (${typeof why === 'string' ? why : (code ?? 'unknown')}); the registry has the change`,
    hint: `\`vports docs ${shellWord(dirname(path))}\` writes it when the problem is fixed`,
  };
}
