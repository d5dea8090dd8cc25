import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attempt, unlessSystemRefuses } from '../../../attempt.js';
import { VportsError } from '../../../errors.js';
import { isInside } from '../../../files/is-inside.js';
import { readRegularText } from '../../../files/regular-file.js';
import { cacheFolder, isPrivateFolder } from '../../../files/user-folders.js';
import { existsSync } from '../../../world/files.js';
import { BARE_CONFIG, BARE_HEAD, makeBareFolder } from '../durable-fs.js';
import { mkdirSync, mkdtempSync, realPath, rmSync } from '../guarded-files.js';

/** A folder that this process has validated or created. */
let looked: string | undefined;
let temporaryPlace: string | undefined;

/**
 * An empty git directory of vports as git's working directory for reads: git obeys the configuration of its directory, and that of a
 * registry may come from anybody. In the user's cache folder, else a private temporary folder for this process.
 */
function readingPlace(): string {
  return kept() ?? temporary();
}

function kept(): string | undefined {
  return attempt(() => {
    const folder = realPath(join(cacheFolder(), 'git'));
    if (!isPrivateFolder(folder)) return undefined;
    if (folder !== looked && !isSound(folder)) {
      rmSync(folder, { recursive: true, force: true });
      if (!isPrivateFolder(folder)) return undefined;
      makeBareFolder(folder);
    }
    looked = folder;
    return folder;
  });
}

/** A cache may be truncated or replaced. */
function isSound(folder: string): boolean {
  const textOf = (name: string) => attempt(() => readRegularText(join(folder, name)));
  return (
    textOf('HEAD') === BARE_HEAD &&
    textOf('config') === BARE_CONFIG &&
    ['objects', 'refs/heads'].every((it) => existsSync(join(folder, it)))
  );
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

function firstMade(places: string[]): string {
  for (const place of places) {
    const made = unlessSystemRefuses(() => mkdtempSync(join(place, 'vports-git-')));
    if (made !== undefined) return made;
  }
  throw new VportsError('CANNOT_WRITE', `cannot create a working directory for git in ${places[0]}`, {
    hint: 'set TMPDIR to a writable folder',
    details: { path: places[0] },
  });
}

/** Lets git read a repository's objects, and nothing else of it. */
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
