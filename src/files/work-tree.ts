import { basename, dirname, join, resolve } from 'node:path';
import { attempt } from '../attempt.js';
import { existsSync } from '../world/files.js';
import { readRegularText } from './regular-file.js';

export interface LinkedWorkTree {
  /** Chosen by git at creation; `git worktree move` does not change it. */
  id: string;
  /** The folder `worktrees/ID` in the common git directory. */
  git: string;
  commondir: string;
}

export function workTreeOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Undefined for a main work tree. A submodule of a linked work tree counts as linked too. */
export function linkOf(worktree: string): LinkedWorkTree | undefined {
  const target = gitFileTarget(worktree);
  const [, commondir, id] =
    /^(.*)[\\/]worktrees[\\/]([^\\/]+)(?:[\\/]modules[\\/].*)?$/.exec(target ?? '') ?? [];
  if (commondir === undefined || id === undefined) return undefined;
  const git = join(commondir, 'worktrees', id);
  // A submodule may have such a name, but no pointer to a common directory there.
  return !existsSync(git) || existsSync(join(git, 'commondir')) ? { id, git, commondir } : undefined;
}

/** The repository's name in all its work trees: the folder of the main one, or a bare repository's own name without `.git`. */
export function repositoryName(worktree: string): string {
  const link = linkOf(worktree);
  if (!link) return basename(worktree);
  const name = basename(link.commondir);
  return name.startsWith('.') ? basename(dirname(link.commondir)) : name.replace(/\.git$/, '');
}

/** The path after `gitdir:` in a file `.git`; undefined for a folder or an unreadable file. */
export function gitFileTarget(worktree: string): string | undefined {
  const text = attempt(() => readRegularText(join(worktree, '.git'))) ?? '';
  const target = /^gitdir: (.*)$/m.exec(text)?.[1]?.trim();
  return target ? resolve(worktree, target) : undefined;
}
