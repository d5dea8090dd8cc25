import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder } from '../../files/user-folders.js';
import { keepUserFile } from '../../process/user-file.js';
import { existsSync } from '../../world/files.js';
import { isLocalId, projectKey } from './project-id.js';

/** The clone of a project that ran first on this machine, by the root of its work tree; undefined where none has, or where it is gone. */
export function firstClone(id: string): string | undefined {
  try {
    const root = readRegularText(join(clonesFolder(), nameOf(id))).trim();
    return root !== '' && existsSync(root) ? root : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers that a clone runs on the claims of its project, unless another one does. A repository without a remote has no clones. */
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
