import { basename, dirname, join, resolve } from 'node:path';
import { existsSync } from '../world/files.js';
import { readRegularText } from './regular-file.js';

/** What git keeps of a linked work tree in the main repository. */
export interface LinkedWorkTree {
  /** Given by git when it was made; `git worktree move` does not change it. */
  id: string;
  /** The folder `worktrees/ID` in the common git directory. */
  git: string;
  commondir: string;
}

/** The git work tree that a folder is in, or undefined. */
export function workTreeOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Undefined for a main work tree; a submodule of a linked one is linked as that is. */
export function linkOf(worktree: string): LinkedWorkTree | undefined {
  const target = gitFileTarget(worktree);
  const [, commondir, id] =
    /^(.*)[\\/]worktrees[\\/]([^\\/]+)(?:[\\/]modules[\\/].*)?$/.exec(target ?? '') ?? [];
  if (commondir === undefined || id === undefined) return undefined;
  const git = join(commondir, 'worktrees', id);
  // A submodule may be called so, and has no pointer to a common directory there.
  return !existsSync(git) || existsSync(join(git, 'commondir')) ? { id, git, commondir } : undefined;
}

/** What a repository is called in all its work trees: the main one's folder, or of a bare repository its own without `.git`. */
export function repositoryName(worktree: string): string {
  const link = linkOf(worktree);
  if (!link) return basename(worktree);
  const name = basename(link.commondir);
  return name.startsWith('.') ? basename(dirname(link.commondir)) : name.replace(/\.git$/, '');
}

/** The path behind `gitdir:` in a file `.git`; undefined where that is a folder or cannot be read. */
export function gitFileTarget(worktree: string): string | undefined {
  try {
    const target = /^gitdir: (.*)$/m.exec(readRegularText(join(worktree, '.git')))?.[1]?.trim();
    return target === undefined || target === '' ? undefined : resolve(worktree, target);
  } catch {
    return undefined;
  }
}
