import { resourceFolderOf } from './resource-folder.js';
import { walk } from './walk.js';

/** The folders at and below `root` that have a service.json, at its own place or in `.vrooli`, by name. */
export function findResourceFolders(root: string): string[] {
  const found = new Set<string>();
  for (const { path, files } of walk(root)) {
    if (files.includes('service.json')) found.add(resourceFolderOf(path, root));
  }
  return [...found].sort();
}
