import { EVENTS } from '../../../events/event-path.js';
import type { Objects } from '../git/objects.js';
import { type Difference, treeDifference } from '../git/tree-difference.js';

/** Files changed by a branch since its fork, with their oids; undefined for deleted ones. */
export type Changes = Pick<Difference, 'path' | 'after'>[];

/** `fork` is the merge base with the shared branch. */
export async function changesOf(objects: Objects, head: string, fork: string | undefined): Promise<Changes> {
  return treeDifference(objects, fork && (await objects.treeOf(fork)), await objects.treeOf(head));
}

export async function changesWithout(objects: Objects, changes: Changes, commit: string): Promise<Changes> {
  const { tree } = await objects.readCommit(commit);
  const missing: Changes = [];
  for (const change of changes) {
    const there = await objects.anyAt(tree, change.path);
    if (there?.oid !== change.after) missing.push(change);
  }
  return missing;
}

export function eventsAmong(changes: Changes, prefix: string): string[] {
  const place = `${prefix}${EVENTS}/`;
  return changes.flatMap(({ path }) => (path.startsWith(place) ? [path.slice(prefix.length)] : []));
}
