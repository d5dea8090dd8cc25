import { basename, dirname, join } from 'node:path';
import type { ReadFailure } from './read-failure.js';
import { RUN_FOLDERS, resourceFolderOf } from './resource-folder.js';
import { type WalkedFolder, walk } from './walk.js';

/** A folder of a resource as it was found. */
export interface FoundFolder {
  path: string;
  /** Markdown that is in the folder and in no folder of another resource. */
  texts: string[];
  /** Of all files in the folder itself, and in those that say how it is run. */
  names: string[];
}

/** The folders at and below `root` that have a service.json, by name. `unread` gets those that could not be read. */
export function findResourceFolders(root: string, unread: ReadFailure[] = []): string[] {
  return resourcesBelow(root, unread).map(({ path }) => path);
}

/** Folders with a service.json at and below a folder, by name. `unread` gets those that could not be read. */
export function resourcesBelow(
  root: string,
  unread: ReadFailure[] = [],
  folders: Iterable<WalkedFolder> = walk(root),
): FoundFolder[] {
  const found = new Map<string, FoundFolder>();
  const texts: string[] = [];
  const names = new Map<string, string[]>();
  const run: string[] = [];
  for (const { path, files, all, unread: failure } of folders) {
    if (failure) unread.push(failure);
    names.set(path, all);
    if (files.includes('service.json')) {
      const folder = resourceFolderOf(path, root);
      found.set(folder, { path: folder, texts: [], names: [] });
    }
    if (RUN_FOLDERS.has(basename(path))) run.push(path);
    texts.push(...files.filter((name) => name.endsWith('.md')).map((name) => join(path, name)));
  }
  for (const it of found.values()) it.names.push(...names.get(it.path)!);
  for (const path of run) {
    const below = names.get(path)!.map((name) => join(basename(path), name));
    if (!found.has(path)) found.get(dirname(path))?.names.push(...below);
  }
  for (const file of texts) {
    for (let at = dirname(file); ; at = dirname(at)) {
      found.get(at)?.texts.push(file);
      if (found.has(at) || at === root || dirname(at) === at) break;
    }
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
