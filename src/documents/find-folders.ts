import { basename, dirname } from 'node:path';
import { walk } from './walk.js';

/** The folders at and below `root` that have a service.json, at its own place or in `.vrooli`, by name. */
export function findResourceFolders(root: string): string[] {
  const found = new Set<string>();
  for (const { path, files } of walk(root)) {
    if (!files.includes('service.json')) continue;
    // `.vrooli` holds the service.json of the folder it is in.
    found.add(basename(path) === '.vrooli' && path !== root ? dirname(path) : path);
  }
  return [...found].sort();
}
