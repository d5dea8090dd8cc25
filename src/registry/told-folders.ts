import { join } from 'node:path';
import { type ToldFolder, toldPorts } from '../documents/told-ports.js';
import type { Unread } from '../documents/unread.js';
import { VportsError } from '../errors.js';
import { requirePortName, requireResource } from './input.js';

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
      if (!(error instanceof VportsError)) throw error;
      const { file, line } = error.details;
      const place = typeof file === 'string' ? file : join(path, 'service.json');
      unreadable.push({ file: place, line: typeof line === 'number' ? line : null, why: error.message });
    }
  }
  return { folders, unreadable };
}
