import { join } from 'node:path';
import { badUsage, VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { existsSync } from '../../world/files.js';
import { joinsNamesakes } from '../counted/index.js';
import { rmSync, writeWhole } from '../git/guarded-files.js';
import { headRef } from '../git/head.js';
import { gitIn } from '../git/program/git-program.js';
import { readRef } from '../git/refs.js';
import type { Repository } from '../git/repository.js';
import { remoteOf } from '../remote/remote-of.js';

/** A merge, rebase or cherry-pick that stopped at conflicts, in a registry that is checked out. */
export interface Conflict {
  /** The checked-out commit, and the one to bring in. */
  ours: string;
  theirs: string;
  /** Whether the checked-out branch is the shared one, whose claims take precedence. */
  oursIsShared: boolean;
  /** Files that both sides added, with the oid of each: paths from the registry's root. */
  files: { path: string; ours: string; theirs: string }[];
  /** Events of one side that git reports as conflicts, as it takes a stream without its first events for a renamed folder. */
  misplaced: string[];
  /** Whether `theirs` is a single commit to apply, and not a branch to merge. */
  single: boolean;
  others: string[];
  worktree: string;
}

/** In git's order of precedence; the file contains the commit to bring in. */
const UNDER_WAY = ['MERGE_HEAD', 'REBASE_HEAD', 'CHERRY_PICK_HEAD'] as const;

/** Throws BAD_USAGE if nothing is in progress, or without a work tree. */
export async function conflictIn(repository: Repository): Promise<Conflict> {
  const { gitdir, worktree, prefix } = repository;
  const found = UNDER_WAY.find((name) => existsSync(join(gitdir, name)));
  if (worktree === null || !found) {
    throw badUsage(
      'no merge, rebase or cherry-pick is in progress here',
      'start one with git (`git merge main`), then resolve its conflicts',
    );
  }
  const rebase = existsSync(join(gitdir, 'rebase-merge')) || existsSync(join(gitdir, 'rebase-apply'));
  const branch = headRef(gitdir);
  const shared =
    remoteOf(repository)?.shared ??
    (readRef(repository, 'refs/heads/main') ? 'refs/heads/main' : 'refs/heads/master');
  const { stdout } = await gitIn(worktree, ['ls-files', '-u', '-z']);
  const stages = new Map<string, Map<string, string>>();
  for (const entry of stdout.split('\0').filter(Boolean)) {
    const [, oid = '', stage = '', path = ''] = /^\d+ ([0-9a-f]+) (\d)\t(.*)$/s.exec(entry) ?? [];
    stages.set(path, (stages.get(path) ?? new Map()).set(stage, oid));
  }
  const isEvent = (path: string) => path.startsWith(`${prefix}events/`);
  const own = [...stages].filter(([path, at]) => isEvent(path) && at.has('2') && at.has('3'));
  const theirs = readRegularText(join(gitdir, found)).trim().split('\n')[0]!;
  return {
    ours: readRef(repository, branch ?? 'HEAD') ?? '',
    theirs,
    // A rebase puts one's own commits on top of the shared branch; `git pull` merges the shared branch into the local branch of that name.
    oursIsShared:
      rebase || found === 'CHERRY_PICK_HEAD' || (branch === shared && !(await isPulled(repository, theirs))),
    files: own.map(([path, at]) => ({
      path: path.slice(prefix.length),
      ours: at.get('2')!,
      theirs: at.get('3')!,
    })),
    misplaced: [...stages.keys()]
      .filter((path) => isEvent(path) && !own.some(([it]) => it === path))
      .map((path) => path.slice(prefix.length)),
    single: rebase || found === 'CHERRY_PICK_HEAD',
    others: [...stages.keys()].filter((path) => !isEvent(path)),
    worktree,
  };
}

async function isPulled(repository: Repository, commit: string): Promise<boolean> {
  const branch = headRef(repository.gitdir);
  const remote = remoteOf(repository);
  const tracked =
    branch && remote && readRef(repository, branch.replace('refs/heads/', `refs/remotes/${remote.name}/`));
  if (tracked === commit) return true;
  const path = join(repository.gitdir, 'MERGE_MSG');
  const message = existsSync(path) ? readRegularText(path) : '';
  return branch !== undefined && joinsNamesakes({ parents: ['', ''], message }, branch);
}

/** Writes files to work tree and index, and removes others from both. */
export async function settle(
  repository: Repository,
  { worktree }: Conflict,
  files: ReadonlyMap<string, string>,
  dropped: Iterable<string>,
): Promise<void> {
  const paths = [...files.keys()].map((path) => repository.prefix + path);
  for (const [path, text] of files) writeWhole(join(worktree, repository.prefix, path), text);
  for (const path of dropped) rmSync(join(worktree, repository.prefix, path), { force: true });
  if (paths.length > 0) await mustRun(worktree, ['add', '--', ...paths]);
  const gone = [...dropped].map((path) => repository.prefix + path);
  if (gone.length > 0) await mustRun(worktree, ['rm', '-q', '--cached', '--ignore-unmatch', '--', ...gone]);
}

/** Adds trailers to the message of the coming merge: which parent is the shared branch, and which events were dropped intentionally. */
export function noteInMerge(
  repository: Repository,
  { theirs, oursIsShared, single }: Conflict,
  dropped: string[],
): void {
  const path = join(repository.gitdir, 'MERGE_MSG');
  if (!existsSync(path) || single) return;
  const lines = [
    ...dropped.map((it) => `Vports-Dropped: ${it}`),
    ...(oursIsShared ? [] : [`Vports-Shared: ${theirs}`]),
  ];
  if (lines.length === 0) return;
  writeWhole(path, `${readRegularText(path).trimEnd()}\n\n${lines.join('\n')}\n`);
}

/** The files that are equal in index and work tree: tracked, without conflicts and unmodified. */
export async function asStaged(worktree: string, paths: string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const path of paths) {
    const [tracked, changed] = await Promise.all([
      gitIn(worktree, ['--literal-pathspecs', 'ls-files', '-s', '-z', '--', path]),
      gitIn(worktree, ['--literal-pathspecs', 'diff-files', '--quiet', '--', path]),
    ]);
    if (changed.status === 0 && /^100644 [0-9a-f]+ 0\t/.test(tracked.stdout)) found.add(path);
  }
  return found;
}

export async function stageAsIs(worktree: string, paths: string[]): Promise<void> {
  if (paths.length > 0) await mustRun(worktree, ['add', '--', ...paths]);
}

async function mustRun(worktree: string, args: string[]): Promise<void> {
  const { status, stderr } = await gitIn(worktree, args);
  if (status === 0) return;
  throw new VportsError('CANNOT_WRITE', `git ${args[0]} failed: ${stderr.trim().slice(0, 300)}`, {
    hint: 'see `git status`',
    details: { worktree },
  });
}
