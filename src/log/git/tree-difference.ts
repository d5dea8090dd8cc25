import type { Objects } from './objects.js';
import { TREE, type TreeEntry, type TreeFile } from './tree.js';

/** A file that differs between two trees, as oids of blobs; undefined if absent. */
export interface Difference {
  path: string;
  before: string | undefined;
  after: string | undefined;
  modes: { before: string | undefined; after: string | undefined };
}

/** The differences of two trees (undefined: empty), with paths below `path`. Skips identical subtrees. */
export async function treeDifference(
  objects: Objects,
  before: string | undefined,
  after: string | undefined,
  path = '',
): Promise<Difference[]> {
  const found: Difference[] = [];
  await compare(objects, before, after, path, found);
  return found;
}

/** All files below a tree (undefined: none), with paths below `path`. */
export async function filesIn(
  objects: Objects,
  tree: string | undefined,
  path = '',
): Promise<(TreeFile & { path: string })[]> {
  const all = await treeDifference(objects, undefined, tree, path);
  return all.map((it) => ({ path: it.path, oid: it.after!, mode: it.modes.after! }));
}

async function compare(
  objects: Objects,
  before: string | undefined,
  after: string | undefined,
  path: string,
  found: Difference[],
): Promise<void> {
  if (before === after) return;
  const [then, now] = [await entriesOf(objects, before), await entriesOf(objects, after)];
  for (const name of new Set([...then.keys(), ...now.keys()])) {
    const [was, is] = [then.get(name), now.get(name)];
    if (was?.oid === is?.oid && was?.mode === is?.mode) continue;
    const at = path === '' ? name : `${path}/${name}`;
    const [oldFile, newFile] = [fileIn(was), fileIn(is)];
    if (oldFile || newFile)
      found.push({
        path: at,
        before: oldFile,
        after: newFile,
        modes: { before: oldFile && was?.mode, after: newFile && is?.mode },
      });
    const [oldFolder, newFolder] = [folderIn(was), folderIn(is)];
    if (oldFolder || newFolder) await compare(objects, oldFolder, newFolder, at, found);
  }
}

async function entriesOf(objects: Objects, tree: string | undefined): Promise<Map<string, TreeEntry>> {
  return new Map((tree ? await objects.readTree(tree) : []).map((entry) => [entry.name, entry]));
}

const folderIn = (entry: TreeEntry | undefined) => (entry?.mode === TREE ? entry.oid : undefined);
const fileIn = (entry: TreeEntry | undefined) => (entry && entry.mode !== TREE ? entry.oid : undefined);
