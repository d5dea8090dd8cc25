import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readRegularText } from './regular-file.js';

/** The git work tree that a folder is in, or undefined. */
export function workTreeOf(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** The main work tree of the repository that a work tree is of: itself, unless git linked it to another one. */
export function mainWorkTreeOf(worktree: string): string {
  try {
    const target = /^gitdir: (.*)$/m.exec(readRegularText(join(worktree, '.git')))?.[1]?.trim();
    const linked = target && /^(.*)[\\/]worktrees[\\/][^\\/]+$/.exec(resolve(worktree, target))?.[1];
    return linked && basename(linked) === '.git' ? dirname(linked) : worktree;
  } catch {
    // It is a folder, as of a main one, or no repository at all.
    return worktree;
  }
}
