import { relative, sep } from 'node:path';
import { lstatSync } from '../../world/files.js';
import { headRef } from '../git/head.js';
import { Objects } from '../git/objects.js';
import { gitIn } from '../git/program/git-program.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { FILE } from '../git/tree.js';

/** A file in the checked-out commit and in the index, by its path from the work tree's root; `known` is undefined if it is in neither. */
export interface CommittedVersions {
  path: string;
  known: { head: string; index: string } | undefined;
}

/**
 * Committed and staged versions of files of a work tree, by file. Leaves out files that are untracked, ignored, in conflict, symbolic
 * links, executable or not UTF-8: these are not ours to commit. Empty without git, which reads the index.
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
