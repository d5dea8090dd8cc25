import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { homeFolder } from '../../files/user-folders.js';
import { realpathSync, statSync } from '../../world/files.js';
import { userConfig } from './config.js';

/**
 * Whether a file or folder is owned by a trusted user, by git's own rule (safe.directory in git-config(1)): this user, under sudo the
 * caller, or anybody if the user's git configuration declares `place` safe. Always true on Windows.
 */
export function hasTrustedOwner(path: string, place: string): boolean {
  if (process.getuid === undefined) return true;
  const { uid } = statSync(path);
  const own = process.getuid();
  if (uid === own || (own === 0 && String(uid) === process.env.SUDO_UID)) return true;
  return isDeclaredSafe(place);
}

function isDeclaredSafe(place: string): boolean {
  const folder = realpathSync(place);
  let isSafe = false;
  for (const value of userConfig({ gitdir: folder }).all('safe.directory')) {
    if (value === '') isSafe = false;
    else if (value === '*' || fits(value, folder)) isSafe = true;
  }
  return isSafe;
}

/** `/srv/ports`, or `/srv/*` for everything below. */
function fits(value: string, folder: string): boolean {
  const path = value.startsWith('~/') ? join(homeFolder() ?? '/nonexistent', value.slice(2)) : value;
  if (path.endsWith('/*')) return `${folder}/`.startsWith(path.slice(0, -1));
  return attempt(() => realpathSync(path)) === folder;
}
