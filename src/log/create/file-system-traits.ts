import { join } from 'node:path';
import { unlessSystemRefuses } from '../../attempt.js';
import { existsSync, lstatSync } from '../../world/files.js';
import { chmodSync, rmSync, symlinkSync, writeNew } from '../git/guarded-files.js';

/**
 * The settings that `git init` derives from the file system, by trying it in the git directory (git-config(1)): modes, symbolic
 * links, case and Unicode composition. Most do not matter for a bare repository.
 */
export function fileSystemTraits(gitdir: string, bare: boolean): Record<string, boolean> {
  const file = join(gitdir, 'tmp_Probe');
  writeNew(file, '');
  try {
    const traits: Record<string, boolean> = { filemode: keepsModes(file) };
    if (bare) return traits;
    if (!hasLinks(`${file}.link`)) traits.symlinks = false;
    if (existsSync(join(gitdir, 'TMP_pROBE'))) traits.ignorecase = true;
    if (process.platform === 'darwin') traits.precomposeunicode = composes(join(gitdir, 'tmp_'));
    return traits;
  } finally {
    rmSync(file, { force: true });
  }
}

function keepsModes(file: string): boolean {
  const keeps = unlessSystemRefuses(() => {
    const before = lstatSync(file).mode;
    chmodSync(file, before ^ 0o100);
    const hasChanged = ((lstatSync(file).mode ^ before) & 0o100) !== 0;
    chmodSync(file, before);
    return hasChanged && (before & 0o100) === 0;
  });
  return keeps ?? false;
}

function hasLinks(path: string): boolean {
  try {
    const isLink = unlessSystemRefuses(() => {
      symlinkSync('nowhere', path);
      return lstatSync(path).isSymbolicLink();
    });
    return isLink ?? false;
  } finally {
    rmSync(path, { force: true });
  }
}

function composes(prefix: string): boolean {
  const [composed, decomposed] = ['\u00e4', 'a\u0308'].map((it) => prefix + it);
  writeNew(composed!, '');
  try {
    return existsSync(decomposed!);
  } finally {
    rmSync(composed!, { force: true });
  }
}
