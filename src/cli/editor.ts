import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badUsage, errno } from '../errors.js';
import { readRegularText } from '../files/regular-file.js';
import { userConfig } from '../log/git/index.js';

/**
 * Lets the user edit a text, in the editor of git (git-var(1)), but never one configured by a repository. Throws BAD_USAGE without an
 * editor, or if it fails.
 */
export function editText(text: string, name: string): string {
  const editor =
    process.env.GIT_EDITOR ||
    userConfig({ gitdir: process.cwd() }).get('core.editor') ||
    process.env.VISUAL ||
    process.env.EDITOR;
  if (!editor) {
    throw badUsage('no editor is set', 'set EDITOR, or use `vports policy set KEY VALUE`');
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
    const kept = edited === text ? '' : `; your text is in ${keepText(edited, name)}`;
    throw badUsage(`the editor failed; nothing was changed${kept}`, `the editor is ${editor}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Saves a text in a new file that only the user can read; returns its path. */
export function keepText(text: string, name: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'vports-kept-')), name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Throws BAD_USAGE if the file cannot be read. */
export function textOfFile(path: string): string {
  try {
    return readRegularText(path);
  } catch (cause) {
    const hint = 'pass a file with the complete policy';
    throw badUsage(`cannot read ${path} (${errno(cause) ?? 'unknown'})`, hint, { details: { path }, cause });
  }
}
