import { realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { unlessCode } from '../attempt.js';
import { VportsError, type Warning } from '../errors.js';
import { readRegularText } from '../files/regular-file.js';
import { hasIndex, trackedFiles } from '../files/tracked-files.js';
import { workTreeOf } from '../files/work-tree.js';
import { isIgnoredByGit } from './ignored-by-git.js';
import { MISSING } from './resource-folder.js';
import { realTarget, writeDocument } from './write-document.js';

const START = '# vports:start';
const END = '# vports:end';

/**
 * Keeps lines in a block of a file that git does not track, made where there is none; the rest of the file stays as it is.
 * Throws CONFLICT for a tracked file and for a block without an end, CANNOT_WRITE.
 */
export function writeBlock(
  file: string,
  lines: string,
): { path: string; changed: boolean; warnings: Warning[] } {
  const path = resolve(file);
  refuseTracked(path);
  const before = unlessCode(MISSING, () => readRegularText(path)) ?? '';
  const after = withBlock(before, lines, path);
  if (after === before) return { path: file, changed: false, warnings: [] };
  const refused = writeDocument({ path, text: after });
  if (refused)
    throw new VportsError('CANNOT_WRITE', refused.message.replace(/; the registry.*$/, ''), {
      hint: 'nothing was written',
    });
  return { path: file, changed: true, warnings: notIgnored(path, file) };
}

/** The text with its block put in place, or behind it; the file's own line ends are kept. */
export function withBlock(before: string, lines: string, path: string): string {
  const newline = before.includes('\r\n') ? '\r\n' : '\n';
  const block = [START, ...lines.split('\n'), END].join(newline);
  const [starts, ends] = [START, END].map((mark) => [
    ...before.matchAll(new RegExp(`^${mark}[ \\t]*\\r?$`, 'gm')),
  ]);
  if (starts!.length === 0 && ends!.length === 0) {
    const gap = before === '' || /\n$/.test(before) ? '' : newline;
    return `${before}${gap}${block}${newline}`;
  }
  const [start] = starts!;
  const [end] = ends!;
  if (starts!.length !== 1 || ends!.length !== 1 || start!.index > end!.index) {
    throw new VportsError('CONFLICT', `${path} needs exactly one ${START} line and one ${END} line`, {
      hint: 'remove the incomplete block and try again; nothing was written',
      details: { file: path },
    });
  }
  return before.slice(0, start!.index) + block + before.slice(end!.index + END.length);
}

/** The lines of the only block of a text; empty without one. */
export function blockIn(text: string): string {
  const [, block = ''] = new RegExp(`^${START}[ \\t]*\\r?\\n([\\s\\S]*?)^${END}`, 'm').exec(text) ?? [];
  return block;
}

/** What is of one machine does not belong into a commit. */
function refuseTracked(path: string): void {
  const target = realTarget(path);
  const worktree = workTreeOf(resolve(target, '..'));
  if (worktree === undefined) return;
  const tracked = trackedFiles(worktree);
  const shown = relative(realpathSync(worktree), target).split(sep).join('/');
  if (tracked === undefined && hasIndex(worktree)) {
    throw new VportsError('CONFLICT', `cannot tell whether git tracks ${path}`, {
      hint: 'see `git status`',
    });
  }
  if (!tracked?.has(shown)) return;
  throw new VportsError('CONFLICT', `git tracks ${path}, but these ports are for this machine only`, {
    hint: 'choose a file that git ignores, like .env.local; for tracked files use `vports docs`',
    details: { file: path },
  });
}

function notIgnored(path: string, shown: string): Warning[] {
  const worktree = workTreeOf(resolve(path, '..'));
  if (worktree === undefined || isIgnoredByGit(path, worktree)) return [];
  return [
    {
      code: 'NOT_IGNORED',
      message: `git does not ignore ${shown}; \`git add .\` would commit it`,
      hint: `add a line to .gitignore: ${relative(worktree, path).split(sep).join('/')}`,
    },
  ];
}
