import type { ReadFailure } from './read-failure.js';
import { resourceFolderOf } from './resource-folder.js';
import { walk } from './walk.js';

/** The folders at and below `root` that have a service.json, at its own place or in `.vrooli`, by name. `unread` gets those that could not be read. */
export function findResourceFolders(root: string, unread: ReadFailure[] = []): string[] {
  const found = new Set<string>();
  for (const { path, files, unread: failure } of walk(root)) {
    if (failure) unread.push(failure);
    if (files.includes('service.json')) found.add(resourceFolderOf(path, root));
  }
  return [...found].sort();
}
