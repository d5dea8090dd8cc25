import { ALL_FORMATS } from '../../documents/formats/formats.js';
import type { ReadFailure } from '../../documents/read-failure.js';
import { readTree } from '../../documents/tree/read-tree.js';
import type { NamedEntry } from '../../documents/tree/tree-entry.js';
import type { Progress } from '../../progress.js';

export interface Gathered {
  entries: NamedEntry[];
  unread: ReadFailure[];
  /** Documents that are filled in before they can be read. */
  templates: string[];
  /** Folders with a service.json. */
  folders: string[];
  /** All documents that tell ports, as they are opened. */
  files: string[];
}

/** What documents at and below these paths say of ports, in the order in which they count. Throws BAD_USAGE. */
export function gathered(paths: string[], format: string, progress?: Progress | undefined): Gathered {
  const formats = format === 'auto' ? undefined : ALL_FORMATS.filter(({ id }) => id === format);
  const trees = paths.map((path) => readTree(path, { formats, progress }));
  return {
    entries: trees.flatMap(({ entries }) => entries.filter(({ mention }) => !mention)),
    unread: trees.flatMap(({ unread }) => unread),
    templates: trees.flatMap(({ templates }) => templates),
    folders: trees.flatMap(({ folders }) => folders),
    files: trees.flatMap(({ files }) => [...files.keys()]),
  };
}
