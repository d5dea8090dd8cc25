import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errno, VportsError } from '../errors.js';
import { readRegularText } from '../files/regular-file.js';
import { userConfig } from '../log/git/index.js';

/**
 * The text after the user had it in the editor that git would take, never one that a repository names; a shell runs it, as git does
 * (git-var(1)). Throws BAD_USAGE without an editor, or where it ends with an error.
 */
export function editText(text: string, name: string): string {
  const editor =
    process.env.GIT_EDITOR ||
    userConfig({ gitdir: process.cwd() }).get('core.editor') ||
    process.env.VISUAL ||
    process.env.EDITOR;
  if (!editor) {
    throw new VportsError('BAD_USAGE', 'no editor is set', {
      hint: 'set EDITOR, or use `vports policy set KEY VALUE`',
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'vports-'));
  try {
    const file = join(folder, name);
    writeFileSync(file, text);
    const { status } =
      process.platform === 'win32'
        ? spawnSync(`${editor} "${file}"`, { stdio: 'inherit', shell: true })
        : spawnSync('sh', ['-c', `${editor} "$@"`, editor, file], { stdio: 'inherit' });
    const edited = readFileSync(file, 'utf8');
    if (status === 0) return edited;
    const kept = edited === text ? '' : `; what you wrote is in ${keepText(edited, name)}`;
    throw new VportsError('BAD_USAGE', `the editor ended with an error; nothing was changed${kept}`, {
      hint: `the editor is ${editor}`,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Keeps in a new file, for the user alone, what would be lost; its path. */
export function keepText(text: string, name: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'vports-kept-')), name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** The text of a file that the user names. Throws BAD_USAGE where it cannot be read. */
export function textOfFile(path: string): string {
  try {
    return readRegularText(path);
  } catch (cause) {
    throw new VportsError('BAD_USAGE', `${path} cannot be read (${errno(cause) ?? 'unknown'})`, {
      hint: 'give a file with the whole policy',
      details: { path },
      cause,
    });
  }
}
