import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errno, VportsError } from '../errors.js';
import { readRegularText } from '../files/regular-file.js';

/**
 * The text after the user had it in $VISUAL or $EDITOR, which a shell runs as git does it (git-var(1)). Throws BAD_USAGE without an editor, or where it ends with an error.
 */
export function editText(text: string, name: string): string {
  const editor = process.env.VISUAL || process.env.EDITOR;
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
    if (status !== 0) {
      throw new VportsError('BAD_USAGE', 'the editor ended with an error; nothing was changed', {
        hint: `EDITOR is ${editor}`,
      });
    }
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
