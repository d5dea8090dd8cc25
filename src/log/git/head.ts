import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { errno, VportsError } from '../../errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { refusalOf } from '../../system-error.js';

export function headRef(gitdir: string): string | undefined {
  let text: string;
  try {
    text = readRegularText(join(gitdir, 'HEAD'));
  } catch (cause) {
    if (!['ENOENT', 'ENOTDIR'].includes(errno(cause) ?? '')) throw refusalOf(cause) ?? cause;
    throw new VportsError(
      'REGISTRY_NOT_FOUND',
      `${join(gitdir, 'HEAD')} is unreadable (${errno(cause) ?? 'unknown'})`,
      {
        hint: 'check its permissions',
        details: { path: gitdir },
        cause,
      },
    );
  }
  return /^ref: (refs\/heads\/\S+)\s*$/.exec(text)?.[1];
}

/** The checked-out branch, as `main`; undefined if HEAD is detached or unreadable. */
export function checkedOutBranch(gitdir: string): string | undefined {
  return attempt(() => headRef(gitdir))?.slice('refs/heads/'.length);
}
