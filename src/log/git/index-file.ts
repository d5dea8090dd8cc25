import { join } from 'node:path';
import { VportsError } from '../../errors.js';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync } from '../../world/files.js';
import { durableFs } from './durable-fs.js';
import { copyFileSync, mkdirSync, rmSync } from './guarded-files.js';
import { gitOrWhy, hasGit } from './program/git-program.js';
import { SYSTEM_TROUBLE } from './program/system-trouble.js';

/** An entry to set in an index, or to take out of it where there is no oid. */
export interface IndexChange {
  path: string;
  oid?: string | undefined;
}

/**
 * A copy of an index with some entries set or taken out, made in `folder`; gives its path. The index itself is left
 * alone, so that a rename can put the new one in its place. git edits it where installed; without git, isomorphic-git.
 * Throws UNSUPPORTED_REPOSITORY for an index version that only git can edit.
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
    throw new VportsError('UNSUPPORTED_REPOSITORY', `${index} cannot be edited here`, {
      hint: '`git update-index --index-version=2` writes it in a form that can be; see also `git status`',
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

/** What git says of an index that it cannot take, where the index itself is the reason (read-cache.c). */
const ODD_INDEX =
  /bad signature|bad index|index file corrupt|unknown index|index file smaller|which we do not understand/;

function notEdited(index: string, stderr: string): VportsError {
  const [why = ''] = stderr.trim().split('\n');
  return new VportsError(
    'CANNOT_WRITE',
    `git cannot edit a copy of ${index}: ${why.slice(0, 300) || 'it does not say why'}`,
    {
      hint: 'mend that and try again; nothing was changed',
      details: { path: index, stderr: stderr.slice(0, 1_000) },
    },
  );
}

/** A ref may be on the disk while an index that git wrote is not: after a power cut that pair would delete events. */
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
 * Whether an index is of a kind that isomorphic-git writes back as it was (gitformat-index): version 2 or 3, and no
 * extension that must be understood, which are those whose names start with a small letter.
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
