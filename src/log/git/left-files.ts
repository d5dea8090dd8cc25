import { join } from 'node:path';
import { attempt, unlessSystemRefuses } from '../../attempt.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { readdirSync } from '../../world/files.js';
import { rmSync } from './guarded-files.js';
import { BUILDING, KEEP } from './pack.js';
import { privateFolder, type Repository } from './repository.js';

/** A temporary file of vports, with the pid of its process. */
const TEMPORARY = /^tmp_obj_\d+_[0-9a-z]+$/;
const MERGE = /^merge-[0-9a-f]{12}(\.lock)?$/;

/** Leftovers of killed writers. Writers create such files one at a time: if nobody writes, or for the writer itself, all are leftovers. */
export function leftFiles(repository: Repository): string[] {
  const objects = join(repository.commondir, 'objects');
  const own = privateFolder(repository);
  return [
    ...named(repository.commondir, (name) => TEMPORARY.test(name)),
    ...named(objects, (name) => TEMPORARY.test(name) || name.startsWith(BUILDING)),
    ...named(join(objects, 'pack'), (name) => name.endsWith('.keep')).filter(isOurs),
    ...named(own, (name) => TEMPORARY.test(name) || MERGE.test(name)),
    ...named(join(own, 'locks'), (name) => TEMPORARY.test(name)),
    ...named(join(own, 'branches'), (name) => TEMPORARY.test(name)),
    ...named(join(own, 'index'), () => true),
  ];
}

/** Requires the writer lock. */
export function removeLeftFiles(repository: Repository): void {
  removeAll(leftFiles(repository));
}

/** As removeLeftFiles, for the directory that the system's git fetches into. Requires the remote lock. */
export function removeLeftInTransport(gitdir: string): void {
  removeAll(named(gitdir, (name) => TEMPORARY.test(name)));
}

function removeAll(paths: string[]): void {
  for (const path of paths) ignoreErrors(() => rmSync(path, { recursive: true, force: true }));
}

/** git and users keep packs too. */
function isOurs(keep: string): boolean {
  return attempt(() => readRegularText(keep)) === KEEP;
}

function named(folder: string, isLeft: (name: string) => boolean): string[] {
  const names = unlessSystemRefuses(() => readdirSync(folder)) ?? [];
  return names.filter(isLeft).map((name) => join(folder, name));
}
