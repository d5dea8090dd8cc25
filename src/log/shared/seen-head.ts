import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder } from '../../files/user-folders.js';
import { statSync } from '../../world/files.js';
import { world } from '../../world/index.js';
import { realPath, rmSync, writeWhole } from '../git/guarded-files.js';
import { NO_OID, RefUpdate, readRef, SEEN } from '../git/refs.js';
import type { Repository } from '../git/repository.js';

/*
 * The head of the shared branch that was believed last: the memory against remotes that were rewound. It is kept twice, as a ref and in the
 * data folder, so that damage to one of the two forgets nothing.
 */

/** Undefined where none was ever believed. Throws LOG_DAMAGED where neither of the two can be read. */
export function seenHead(repository: Repository): string | undefined {
  const copy = seenCopy(repository);
  try {
    return readRef(repository, SEEN) ?? copy;
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'LOG_DAMAGED') throw error;
    if (copy !== undefined) return copy;
    throw new VportsError('LOG_DAMAGED', error.message, {
      hint: '`vports doctor --fix` goes on from what the remote has now; what was removed there since cannot be known',
      details: error.details,
    });
  }
}

export async function keepSeenHead(repository: Repository, head: string): Promise<void> {
  const old = refOrNothing(repository);
  if (old !== head) {
    const who = `vports <vports> ${Math.floor(world.now() / 1000)} +0000`;
    (await RefUpdate.begin(repository, SEEN, old, head)).finish(
      `${old ?? NO_OID} ${head} ${who}\tvports: seen\n`,
    );
  }
  if (seenCopy(repository) === head) return;
  const said = [identityOf(repository), head];
  ignoreErrors(() =>
    writeWhole(copyPath(repository), `${JSON.stringify([...said, sumOf(said)])}\n`, { mode: 0o600 }),
  );
}

/** The copy in the data folder; undefined where there is none, or it is not what was written. */
export function seenCopy(repository: Repository): string | undefined {
  try {
    const [identity, head, sum] = JSON.parse(readRegularText(copyPath(repository))) as string[];
    const isOurs = identity === identityOf(repository) && sum === sumOf([identity, head!]);
    return isOurs && /^[0-9a-f]{40}$/.test(head!) ? head : undefined;
  } catch {
    return undefined;
  }
}

/** What is no ref is taken away: the head that is written in its place has all that was seen. */
function refOrNothing(repository: Repository): string | undefined {
  try {
    return readRef(repository, SEEN);
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'LOG_DAMAGED') throw error;
    rmSync(join(repository.commondir, SEEN), { force: true });
    return undefined;
  }
}

/** A new clone in the same folder has seen nothing yet. */
function identityOf({ commondir }: Repository): string {
  const { dev, ino } = statSync(commondir);
  return `${commondir} ${dev} ${ino}`;
}

function copyPath({ commondir }: Repository): string {
  return join(realPath(dataFolder()), 'seen', `${crc32(commondir).toString(16).padStart(8, '0')}.json`);
}

function sumOf(said: string[]): string {
  return crc32(JSON.stringify(said)).toString(16);
}
