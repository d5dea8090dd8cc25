import { dirname } from 'node:path';
import { attempt } from '../attempt.js';
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
  const value: { trusted?: unknown } | null | undefined = attempt(() => JSON.parse(readRegularText(file)));
  return Array.isArray(value?.trusted) ? value.trusted.filter((it) => typeof it === 'string') : [];
}
