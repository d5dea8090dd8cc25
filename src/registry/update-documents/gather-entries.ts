import { statSync } from 'node:fs';
import { ALL_FORMATS } from '../../documents/formats/formats.js';
import type { ReadFailure } from '../../documents/read-failure.js';
import { readTree, type Tree, type TreeOptions } from '../../documents/tree/read-tree.js';
import type { NamedEntry } from '../../documents/tree/tree-entry.js';
import type { Coverage } from '../../documents/unread-kinds.js';
import { unreadKinds } from '../../documents/unread-kinds.js';
import { walk } from '../../documents/walk.js';

export interface Gathered {
  entries: NamedEntry[];
  unread: ReadFailure[];
  templates: string[];
  folders: string[];
  files: string[];
  coverage: Coverage;
}

/** Port entries of all documents below these paths, by priority. Throws BAD_USAGE. */
export function gatherEntries(
  paths: string[],
  {
    format = 'auto',
    host,
    progress,
  }: Pick<TreeOptions, 'host' | 'progress'> & { format?: string | undefined },
): Gathered {
  const formats = format === 'auto' ? undefined : ALL_FORMATS.filter(({ id }) => id === format);
  const trees = paths.map((path) => readTree(path, { formats, host, progress }));
  const files = trees.flatMap((tree) => [...tree.files.keys()]);
  return {
    entries: trees.flatMap(({ entries }) => entries.filter(({ mention }) => !mention)),
    unread: trees.flatMap(({ unread }) => unread),
    templates: trees.flatMap(({ templates }) => templates),
    folders: trees.flatMap(({ folders }) => folders),
    files,
    coverage: coverageOf(paths, trees),
  };
}

function coverageOf(paths: string[], trees: Tree[]): Coverage {
  const read = new Map<string, number>();
  for (const { kinds } of trees)
    for (const [kind, count] of kinds) read.set(kind, (read.get(kind) ?? 0) + count);
  return {
    read,
    unread: read.size > 0 ? new Map() : unreadKinds(paths.filter(isFolder).flatMap((it) => [...walk(it)])),
  };
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}
