import { relative, sep } from 'node:path';
import { lstatSync } from '../../world/files.js';
import { headRef } from '../git/head.js';
import { Objects } from '../git/objects.js';
import { gitIn } from '../git/program/git-program.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';

/**
 * What the checked-out commit and the index have of a file; undefined where it is nowhere yet. Its path starts at the root of
 * the work tree.
 */
export interface CommittedVersions {
  path: string;
  known: { head: string; index: string } | undefined;
}

/**
 * The committed and the staged versions of files of a work tree, by the files' own paths. Left out are files that were made
 * and not committed, that are ignored, in conflict, links, programs, or not UTF-8: what becomes of those is not ours to
 * commit. Without git all are left out, as the index cannot be asked.
 */
export async function committedVersions(
  repository: Repository,
  worktree: string,
  files: string[],
): Promise<Map<string, CommittedVersions>> {
  const found = new Map<string, CommittedVersions>();
  const head = readRef(repository, headRef(repository.gitdir) ?? 'HEAD');
  if (head === undefined || files.length === 0) return found;
  const staged = await stagedBlobs(worktree, files);
  if (!staged) return found;
  const objects = new Objects(repository.commondir);
  try {
    const { tree } = await objects.readCommit(head);
    for (const file of files) {
      const path = relative(worktree, file).split(sep).join('/');
      const committed = await objects.entryAt(tree, path, FILE);
      const oid = staged.get(path);
      const here = lstatSync(file, { throwIfNoEntry: false });
      if (!here && !committed && oid === undefined && !(await isIgnored(worktree, path)))
        found.set(file, { path, known: undefined });
      if (!here?.isFile()) continue;
      if (!committed || oid === undefined) continue;
      const [atHead, atIndex] = [await textOf(objects, committed.oid), await textOf(objects, oid)];
      if (atHead !== undefined && atIndex !== undefined)
        found.set(file, { path, known: { head: atHead, index: atIndex } });
    }
  } finally {
    objects.close();
  }
  return found;
}

async function isIgnored(worktree: string, path: string): Promise<boolean> {
  return (await gitIn(worktree, ['check-ignore', '-q', '--', path])).status === 0;
}

async function stagedBlobs(worktree: string, files: string[]): Promise<Map<string, string> | undefined> {
  const { status, stdout } = await gitIn(worktree, [
    '--literal-pathspecs',
    'ls-files',
    '-s',
    '-z',
    '--',
    ...files,
  ]);
  if (status !== 0) return undefined;
  return new Map(
    stdout.split('\0').flatMap((entry) => {
      const [, oid, path] = /^100644 ([0-9a-f]{40}) 0\t(.*)$/s.exec(entry) ?? [];
      return oid !== undefined && path !== undefined ? [[path, oid]] : [];
    }),
  );
}

async function textOf(objects: Objects, oid: string): Promise<string | undefined> {
  const { content } = await objects.read(oid);
  const text = content.toString('utf8');
  return Buffer.from(text).equals(content) ? text : undefined;
}
