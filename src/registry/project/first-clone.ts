import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { attempt } from '../../attempt.js';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder } from '../../files/user-folders.js';
import { keepUserFile } from '../../process/user-file.js';
import { existsSync } from '../../world/files.js';
import { isLocalId, projectKey } from './project-id.js';

/** Root of the first clone of a project that ran on this machine; undefined if none did, or it is gone. */
export function firstClone(id: string): string | undefined {
  const root = attempt(() => readRegularText(join(clonesFolder(), nameOf(id))).trim());
  return root && existsSync(root) ? root : undefined;
}

/** Records the first clone of a project. Repositories without a remote have no clones. */
export function keepFirstClone(id: string, root: string): void {
  if (isLocalId(id) || firstClone(id) !== undefined) return;
  keepUserFile(clonesFolder(), nameOf(id), `${root}\n`);
}

function clonesFolder(): string {
  return join(dataFolder(), 'clones');
}

function nameOf(id: string): string {
  return createHash('sha256').update(projectKey(id)).digest('hex').slice(0, 24);
}
