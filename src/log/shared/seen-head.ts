import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { attempt } from '../../attempt.js';
import { VportsError } from '../../errors.js';
import { ignoreErrors } from '../../files/ignore-errors.js';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder } from '../../files/user-folders.js';
import { statSync } from '../../world/files.js';
import { realPath, rmSync, writeWhole } from '../git/guarded-files.js';
import { RefUpdate, readRef, reflogLine, SEEN } from '../git/refs.js';
import type { Repository } from '../git/repository.js';

/*
 * The last accepted head of the shared branch: it reveals a remote that was rewound. Stored twice, as a ref and in the data folder, so
 * that damage to one copy loses nothing.
 */

/** Undefined if there is none. Throws LOG_DAMAGED if both copies are unreadable. */
export function seenHead(repository: Repository): string | undefined {
  const copy = seenCopy(repository);
  try {
    return readRef(repository, SEEN) ?? copy;
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'LOG_DAMAGED') throw error;
    if (copy !== undefined) return copy;
    throw new VportsError('LOG_DAMAGED', error.message, {
      hint: '`vports doctor --fix` continues from the current head of the remote; earlier removals there will not be detected',
      details: error.details,
    });
  }
}

export async function keepSeenHead(repository: Repository, head: string): Promise<void> {
  const old = refOrNothing(repository);
  if (old !== head)
    (await RefUpdate.begin(repository, SEEN, old, head)).finish(reflogLine({ old, next: head }, 'seen'));
  if (seenCopy(repository) === head) return;
  const parts = [identityOf(repository), head];
  ignoreErrors(() =>
    writeWhole(copyPath(repository), `${JSON.stringify([...parts, sumOf(parts)])}\n`, { mode: 0o600 }),
  );
}

export function seenCopy(repository: Repository): string | undefined {
  return attempt(() => {
    const [identity, head, sum] = JSON.parse(readRegularText(copyPath(repository))) as string[];
    const isOurs = identity === identityOf(repository) && sum === sumOf([identity, head!]);
    return isOurs && /^[0-9a-f]{40}$/.test(head!) ? head : undefined;
  });
}

/** Deletes an invalid ref: the head that replaces it has everything that was seen. */
function refOrNothing(repository: Repository): string | undefined {
  try {
    return readRef(repository, SEEN);
  } catch (error) {
    if (!(error instanceof VportsError) || error.code !== 'LOG_DAMAGED') throw error;
    rmSync(join(repository.commondir, SEEN), { force: true });
    return undefined;
  }
}

/** Distinguishes a new clone in the same folder, which has seen nothing yet. */
function identityOf({ commondir }: Repository): string {
  const { dev, ino } = statSync(commondir);
  return `${commondir} ${dev} ${ino}`;
}

function copyPath({ commondir }: Repository): string {
  return join(realPath(dataFolder()), 'seen', `${crc32(commondir).toString(16).padStart(8, '0')}.json`);
}

function sumOf(parts: string[]): string {
  return crc32(JSON.stringify(parts)).toString(16);
}
