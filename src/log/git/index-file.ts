import { join } from 'node:path';
import { VportsError } from '../../errors.js';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync } from '../../world/files.js';
import { durableFs } from './durable-fs.js';
import { copyFileSync, mkdirSync, rmSync } from './guarded-files.js';
import { gitOrWhy, hasGit } from './program/git-program.js';
import { SYSTEM_TROUBLE } from './program/system-trouble.js';

export interface IndexChange {
  path: string;
  oid?: string | undefined;
}

/**
 * Edits a copy of an index in `folder` and returns its path; the index itself is then replaced by a rename. Uses git if installed,
 * else isomorphic-git. Throws UNSUPPORTED_REPOSITORY for an index that only git can edit.
 */
export async function editedIndex(gitdir: string, folder: string, changes: IndexChange[]): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const [index, copy] = [join(gitdir, 'index'), join(folder, 'index')];
  if (existsSync(index)) copyFileSync(index, copy);
  const input = changes.map(({ path, oid }) =>
    oid ? `100644 ${oid}\t${path}\0` : `0 ${'0'.repeat(40)}\t${path}\0`,
  );
  const { status, stderr } = await gitOrWhy(['update-index', '-z', '--index-info'], {
    gitdir,
    input: input.join(''),
    env: { GIT_INDEX_FILE: copy },
  });
  if (status === 0) return synced(copy);
  if (hasGit() && (SYSTEM_TROUBLE.test(stderr) || !ODD_INDEX.test(stderr))) throw notEdited(index, stderr);
  if (hasGit() || !isPlainIndex(copy)) {
    throw new VportsError('UNSUPPORTED_REPOSITORY', `${index} cannot be edited without git`, {
      hint: 'convert it: `git update-index --index-version=2`; see also `git status`',
      details: { path: index },
    });
  }
  const { updateIndex } = await import('./codec.js');
  const cache = {};
  for (const { path, oid } of changes) {
    const what = oid ? { oid, mode: 0o100644, add: true } : { remove: true, force: true };
    await updateIndex({
      fs: durableFs(undefined, 0o644),
      dir: folder,
      gitdir: folder,
      cache,
      filepath: path,
      ...what,
    });
  }
  return copy;
}

/** git's errors about the index itself (read-cache.c). */
const ODD_INDEX =
  /bad signature|bad index|index file corrupt|unknown index|index file smaller|which we do not understand/;

function notEdited(index: string, stderr: string): VportsError {
  const [why = ''] = stderr.trim().split('\n');
  return new VportsError(
    'CANNOT_WRITE',
    `git cannot edit a copy of ${index}: ${why.slice(0, 300) || 'it gives no reason'}`,
    {
      hint: 'fix it and retry; nothing was changed',
      details: { path: index, stderr: stderr.slice(0, 1_000) },
    },
  );
}

/** Without this a power cut could keep the ref and lose the index that git wrote: that pair would delete events. */
function synced(path: string): string {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return path;
}

/**
 * Whether isomorphic-git preserves this index (gitformat-index): version 2 or 3, without mandatory extensions, whose names start
 * with a lower-case letter.
 */
function isPlainIndex(path: string): boolean {
  if (!existsSync(path)) return true;
  const index = readFileSync(path);
  if (index.length < 32 || index.readUInt32BE(4) > 3) return false;
  let at = 12;
  for (let entries = index.readUInt32BE(8); entries > 0; entries--) {
    const extended = (index.readUInt16BE(at + 60) & 0x4000) !== 0;
    const name = at + (extended ? 64 : 62);
    const length = index.indexOf(0, name) - at;
    at += (length + 8) & ~7;
  }
  for (; at + 8 < index.length - 20; at += 8 + index.readUInt32BE(at + 4)) {
    if (index[at]! >= 0x61) return false;
  }
  return true;
}
