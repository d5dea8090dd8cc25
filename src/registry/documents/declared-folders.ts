import { type ToldFolder, toldPorts } from '../../documents/declared-ports.js';
import { type Unread, unreadBy } from '../../documents/read-failure.js';
import { requirePortName, requireResource } from '../input.js';

/** What the documents of these folders tell of ports, and which could not be read. */
export function toldFolders(paths: Iterable<string>): { folders: ToldFolder[]; unreadable: Unread[] } {
  const folders: ToldFolder[] = [];
  const unreadable: Unread[] = [];
  for (const path of new Set(paths)) {
    try {
      const folder = toldPorts(path);
      if (!folder) continue;
      requireResource(folder.resource);
      for (const { name } of folder.told) requirePortName(name);
      folders.push(folder);
    } catch (error) {
      unreadable.push(unreadBy(error, path));
    }
  }
  return { folders, unreadable };
}
