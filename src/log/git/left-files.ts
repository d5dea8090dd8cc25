import { join } from 'node:path';
import { errno } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { readdirSync } from '../../world/files.js';
import { rmSync } from './guarded-files.js';
import { BUILDING, KEEP } from './pack.js';
import { privateFolder, type Repository } from './repository.js';

/** What vports calls a file that is being written: whose process it was is in the name. */
const TEMPORARY = /^tmp_obj_\d+_[0-9a-z]+$/;
/** An index in which branches are merged. */
const MERGE = /^merge-[0-9a-f]{12}(\.lock)?$/;

/**
 * What writers left that were killed. Only writers make such files, one at a time: where nobody writes, or for the writer itself,
 * they are all left ones.
 */
export function leftFiles(repository: Repository): string[] {
  const objects = join(repository.commondir, 'objects');
  const own = privateFolder(repository);
  return [
    ...named(repository.commondir, (name) => TEMPORARY.test(name)),
    ...named(objects, (name) => TEMPORARY.test(name) || name.startsWith(BUILDING)),
    ...named(join(objects, 'pack'), (name) => name.endsWith('.keep')).filter(isOurs),
    ...named(own, (name) => TEMPORARY.test(name) || MERGE.test(name)),
    ...named(join(own, 'locks'), (name) => TEMPORARY.test(name)),
    ...named(join(own, 'index'), () => true),
  ];
}

/** Only the holder of the writer lock may call it. */
export function removeLeftFiles(repository: Repository): void {
  for (const path of leftFiles(repository))
    ignoreErrors(() => rmSync(path, { recursive: true, force: true }));
}

/** git, and people, keep packs too. */
function isOurs(keep: string): boolean {
  try {
    return readRegularText(keep) === KEEP;
  } catch {
    return false;
  }
}

function named(folder: string, isLeft: (name: string) => boolean): string[] {
  try {
    return readdirSync(folder)
      .filter(isLeft)
      .map((name) => join(folder, name));
  } catch (error) {
    if (errno(error) === undefined) throw error;
    return [];
  }
}
