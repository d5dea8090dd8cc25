import { dirname } from 'node:path';
import { existsSync } from '../world/files.js';
import { readRegularText } from './regular-file.js';
import { isPrivateFolder, trustFile } from './user-folders.js';

/**
 * Repositories on this machine, by their real paths, that vports made for this user or that the user has named with `vports trust`:
 * they may be pushed to, which runs their hooks, and what they say about where they are checked out is believed.
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
