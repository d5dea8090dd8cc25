import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { attempt } from '../attempt.js';
import { isInside } from '../files/is-inside.js';
import { readRegularText } from '../files/regular-file.js';
import { homeFolder } from '../files/user-folders.js';
import { linkOf, workTreeOf } from '../files/work-tree.js';
import { ignoreRules } from './ignore-rules.js';

/**
 * Whether git passes over a file that it does not track: by a .gitignore from the root of the work tree down, by what the repository
 * or the user excludes for themselves. The later file counts more, as gitignore(5) has it.
 */
export function isIgnoredByGit(path: string, worktree: string): boolean {
  const gitFolder = linkOf(worktree)?.commondir ?? join(worktree, '.git');
  const folders = foldersDownTo(dirname(path), worktree);
  const all = [
    [worktree, userExcludes()],
    [worktree, join(gitFolder, 'info', 'exclude')],
    ...folders.map((folder) => [folder, join(folder, '.gitignore')] as const),
  ] as const;
  let ignored = false;
  for (const [folder, file] of all) {
    const below = relative(folder, path).split(sep).join('/');
    // What cannot be read ignores nothing.
    const verdict = ignoreRules(attempt(() => readRegularText(file)) ?? '').test(below);
    if (verdict.ignored || verdict.unignored) ignored = verdict.ignored;
  }
  return ignored;
}

/** Whether a path is a link whose target is not there, and that git would ignore if it were. */
export function isLinkToIgnored(path: string): boolean {
  return !existsSync(path) && linkIn(path, (inside, isIgnored) => inside && isIgnored());
}

/** Whether a path is a link to what no clone has: git ignores it, or it is outside of the work tree. */
export function isLinkToPrivate(path: string): boolean {
  return linkIn(path, (inside, isIgnored) => !inside || isIgnored());
}

function linkIn(path: string, is: (inside: boolean, isIgnored: () => boolean) => boolean): boolean {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return false;
  const target = resolve(dirname(path), readlinkSync(path));
  const worktree = workTreeOf(dirname(path));
  return worktree !== undefined && is(isInside(worktree, target), () => isIgnoredByGit(target, worktree));
}

function userExcludes(): string {
  const config = process.env.XDG_CONFIG_HOME || join(homeFolder() ?? '/nonexistent', '.config');
  return join(config, 'git', 'ignore');
}

function foldersDownTo(folder: string, root: string): string[] {
  const folders: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    folders.unshift(at);
    if (at === root || dirname(at) === at) return folders;
  }
}
