import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errno, VportsError } from '../../../errors.js';
import { isInside } from '../../../files/is-inside.js';
import { readRegularText } from '../../../files/regular-file.js';
import { cacheFolder, isPrivateFolder } from '../../../files/user-folders.js';
import { existsSync } from '../../../world/files.js';
import { BARE_CONFIG, BARE_HEAD, makeBareFolder } from '../durable-fs.js';
import { mkdirSync, mkdtempSync, realPath, rmSync } from '../guarded-files.js';

/** What was looked at by this process, and found sound or made anew. */
let looked: string | undefined;
/** Undefined until one is needed. */
let temporaryPlace: string | undefined;

/**
 * A git directory of vports' own, without objects or refs, in which git runs when it reads: git obeys the configuration of the
 * directory it stands in, and that of a registry may come from anybody. It is in the user's cache folder; where that cannot
 * be, in a private temporary one that goes with this process.
 */
function readingPlace(): string {
  return kept() ?? temporary();
}

function kept(): string | undefined {
  try {
    const folder = realPath(join(cacheFolder(), 'git'));
    if (!isPrivateFolder(folder)) return undefined;
    if (folder !== looked && !isSound(folder)) {
      rmSync(folder, { recursive: true, force: true });
      if (!isPrivateFolder(folder)) return undefined;
      makeBareFolder(folder);
    }
    looked = folder;
    return folder;
  } catch {
    return undefined;
  }
}

/** A cache may be cut short, or be anything. */
function isSound(folder: string): boolean {
  try {
    return (
      readRegularText(join(folder, 'HEAD')) === BARE_HEAD &&
      readRegularText(join(folder, 'config')) === BARE_CONFIG &&
      ['objects', 'refs/heads'].every((it) => existsSync(join(folder, it)))
    );
  } catch {
    return false;
  }
}

function temporary(): string {
  if (temporaryPlace !== undefined && existsSync(temporaryPlace)) return temporaryPlace;
  const folder = firstMade([tmpdir(), '/dev/shm', '/run/shm']);
  temporaryPlace = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'objects'));
  makeBareFolder(folder);
  return folder;
}

/** Throws CANNOT_WRITE where none of these may be written to, as on a system that is read-only as a whole. */
function firstMade(places: string[]): string {
  for (const place of places)
    try {
      return mkdtempSync(join(place, 'vports-git-'));
    } catch (error) {
      if (errno(error) === undefined) throw error;
    }
  throw new VportsError(
    'CANNOT_WRITE',
    `git needs a folder to stand in, and none can be made in ${places[0]}`,
    {
      hint: 'set TMPDIR to a folder that may be written to',
      details: { path: places[0] },
    },
  );
}

/**
 * What has git read the objects of a repository there: nothing of it but the objects, as they are named. In a hook of a push to it also
 * what is pushed, which git keeps in a folder of its own until the hook agrees (git-receive-pack(1), quarantine).
 */
export function readingEnvironment(commondir: string): Record<string, string> {
  const objects = join(commondir, 'objects');
  const pushed = process.env.GIT_QUARANTINE_PATH;
  return {
    GIT_DIR: readingPlace(),
    GIT_OBJECT_DIRECTORY: objects,
    ...(pushed &&
      isInside(realPath(objects), realPath(pushed)) && { GIT_ALTERNATE_OBJECT_DIRECTORIES: pushed }),
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
  };
}
