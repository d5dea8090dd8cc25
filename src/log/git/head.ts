import { join } from 'node:path';
import { errno, VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { refusalOf } from '../../system-error.js';

/** Which ref HEAD stands for, or undefined where it is detached. */
export function headRef(gitdir: string): string | undefined {
  let text: string;
  try {
    text = readRegularText(join(gitdir, 'HEAD'));
  } catch (cause) {
    if (!['ENOENT', 'ENOTDIR'].includes(errno(cause) ?? '')) throw refusalOf(cause) ?? cause;
    throw new VportsError(
      'REGISTRY_NOT_FOUND',
      `${join(gitdir, 'HEAD')} cannot be read (${errno(cause) ?? 'unknown'})`,
      {
        hint: 'see who may read it',
        details: { path: gitdir },
        cause,
      },
    );
  }
  return /^ref: (refs\/heads\/\S+)\s*$/.exec(text)?.[1];
}

/** The branch that is checked out, as `main`; undefined where there is none, or HEAD cannot be read. */
export function checkedOutBranch(gitdir: string): string | undefined {
  try {
    return headRef(gitdir)?.slice('refs/heads/'.length);
  } catch {
    return undefined;
  }
}
