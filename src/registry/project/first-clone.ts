import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { quietly } from '../../files/quietly.js';
import { readRegularText } from '../../files/regular-file.js';
import { dataFolder } from '../../files/user-folders.js';
import { writeWhole } from '../../files/write-whole.js';
import { existsSync, mkdirSync } from '../../world/files.js';
import { isLocalId, projectKey } from './project-id.js';

/** The clone of a project that ran first on this machine, by the root of its work tree; undefined where none has, or where it is gone. */
export function firstClone(id: string): string | undefined {
  try {
    const root = readRegularText(fileOf(id)).trim();
    return root !== '' && existsSync(root) ? root : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers that a clone runs on the claims of its project, unless another one does. A repository without a remote has no clones. */
export function keepFirstClone(id: string, root: string): void {
  if (isLocalId(id) || firstClone(id) !== undefined) return;
  quietly(() => {
    mkdirSync(clonesFolder(), { recursive: true, mode: 0o700 });
    writeWhole(fileOf(id), `${root}\n`, { mode: 0o600 });
  });
}

function clonesFolder(): string {
  return join(dataFolder(), 'clones');
}

function fileOf(id: string): string {
  return join(clonesFolder(), createHash('sha256').update(projectKey(id)).digest('hex').slice(0, 24));
}
