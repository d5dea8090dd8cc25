import { type DeclaredFolder, declaredPorts } from '../../documents/declared-ports.js';
import { type ReadFailure, readFailureOf } from '../../documents/read-failure.js';
import { requirePortName, requireResource } from '../input.js';

export function declaredFolders(paths: Iterable<string>): {
  folders: DeclaredFolder[];
  unreadable: ReadFailure[];
} {
  const folders: DeclaredFolder[] = [];
  const unreadable: ReadFailure[] = [];
  for (const path of new Set(paths)) {
    try {
      const folder = declaredPorts(path);
      if (!folder) continue;
      requireResource(folder.resource);
      for (const { name } of folder.ports) requirePortName(name);
      folders.push(folder);
    } catch (error) {
      unreadable.push(readFailureOf(error, path));
    }
  }
  return { folders, unreadable };
}
