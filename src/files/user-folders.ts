import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { attempt } from '../attempt.js';
import { VportsError } from '../errors.js';
import { lstatSync, mkdirSync, statSync } from '../world/files.js';

type Environment = Record<string, string | undefined>;

/**
 * The user's data: XDG base directory specification, on macOS and Windows their guidelines. A user without home (a container's
 * bare uid) gets a private folder in the system's temporary one.
 */
export function dataFolder(env: Environment = process.env): string {
  if (env.XDG_DATA_HOME && isAbsolute(env.XDG_DATA_HOME)) return join(env.XDG_DATA_HOME, 'vports');
  const home = homeFolder(env);
  if (home === undefined) return join(homelessFolder(), 'data');
  if (process.platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'vports');
  if (process.platform === 'darwin') return join(home, 'Library', 'Application Support', 'vports');
  return join(home, '.local', 'share', 'vports');
}

/** The same for files that may be deleted at any time. */
export function cacheFolder(env: Environment = process.env): string {
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return join(env.XDG_CACHE_HOME, 'vports');
  const home = homeFolder(env);
  if (home === undefined) return join(homelessFolder(), 'cache');
  if (process.platform === 'win32')
    return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'vports', 'cache');
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'vports');
  return join(home, '.cache', 'vports');
}

export function trustFile(): string {
  return join(dataFolder(), 'trust.json');
}

/** HOME, else the system's record; undefined if neither is an absolute path. */
export function homeFolder(env: Environment = process.env): string | undefined {
  const named = process.platform === 'win32' ? env.USERPROFILE : env.HOME;
  // Containers give a uid without an entry in /etc/passwd the root folder, where they may not write.
  if (named === '/' && process.getuid?.() !== 0) return undefined;
  if (named && isAbsolute(named)) return named;
  const onRecord = attempt(() => (process.platform === 'win32' ? homedir() : userInfo().homedir));
  return onRecord !== undefined && isAbsolute(onRecord) ? onRecord : undefined;
}

/** Anybody can create a folder in the temporary one: it counts only if it is ours and nobody else may write there. */
function homelessFolder(): string {
  const folder = join(tmpdir(), `vports-${process.getuid?.() ?? 'user'}`);
  if (isPrivateFolder(folder)) return folder;
  throw new VportsError(
    'CANNOT_WRITE',
    `this user has no home folder, and ${folder} is not private to this user`,
    {
      hint: 'set HOME, or XDG_DATA_HOME and XDG_CACHE_HOME, to folders of your own',
      details: { path: folder },
    },
  );
}

/** Creates a folder that only this user may enter; false if that fails or others may write to it. */
export function isPrivateFolder(folder: string): boolean {
  const uid = process.getuid?.();
  try {
    // `sudo` may leave HOME unchanged: a folder of root's in there would lock its owner out.
    if (uid === 0 && !lstatSync(folder, { throwIfNoEntry: false }) && ownerAbove(folder) !== 0) return false;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found = lstatSync(folder);
    return found.isDirectory() && (uid === undefined || (found.uid === uid && (found.mode & 0o022) === 0));
  } catch {
    return false;
  }
}

function ownerAbove(folder: string): number {
  const parent = dirname(folder);
  return statSync(parent, { throwIfNoEntry: false })?.uid ?? ownerAbove(parent);
}
