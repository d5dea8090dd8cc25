import { dirname } from 'node:path';
import { existsSync } from '../world/files.js';
import { readRegularText } from './regular-file.js';
import { isPrivateFolder, trustFile } from './user-folders.js';

/**
 * Real paths of the repositories on this machine that vports created for this user or that the user named with `vports trust`:
 * vports may push to them, which runs their hooks, and believes them about their work trees.
 */
export function trustedRepositories(): string[] {
  const file = trustFile();
  if (!existsSync(file) || !isPrivateFolder(dirname(file))) return [];
  try {
    const value: unknown = JSON.parse(readRegularText(file));
    const { trusted } = value as { trusted?: unknown };
    return Array.isArray(trusted) ? trusted.filter((it) => typeof it === 'string') : [];
  } catch {
    return [];
  }
}
