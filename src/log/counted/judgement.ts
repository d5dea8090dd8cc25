import type { Objects } from '../git/objects.js';
import type { Repository } from '../git/repository.js';
import type { TreeFile } from '../git/tree.js';
import type { EventChange } from './history-asked.js';

/** An event file that differs, or differed for a time, from its first version. */
export interface EditedEvent {
  /** The bytes that count for good. */
  first: TreeFile;
  now: TreeFile | undefined;
  /** Its changes, oldest first, each with the commit of the shared branch. */
  trail: Step[];
}

/** A change of an event by a commit of the shared branch; for a merge, `by` is the merged commit. */
export interface Step {
  commit: string;
  to: TreeFile | undefined;
  by?: string | undefined;
}

/** Not damage, but worth mentioning: an event of a merged branch that never counted. */
export interface Note {
  commit: string;
  path: string;
  /** `dropped`: explained by a conflict. `unclear`: unexplained. `changed`: its author changed it before the merge. */
  what: 'changed' | 'dropped' | 'unclear';
}

/** The judged history of a branch up to a head. Files that are not in `edited` count as they are at the head. */
export interface Judgement {
  head: string;
  edited: Map<string, EditedEvent>;
  notes: Note[];
}

export interface LineCommit {
  commit: string;
  parent: string | undefined;
  /** Index of that parent in the commit, and the other parents. */
  place: number;
  others: string[];
}

export interface JudgedBranch {
  repository: Repository;
  objects: Objects;
  ref: string;
}

export function take(edited: Map<string, EditedEvent>, { commit, path, before, after }: EventChange): void {
  const known = edited.get(path);
  const first = known?.first ?? before;
  if (!first) return;
  const now = known ? known.now : first;
  if (now?.oid === after?.oid && now?.mode === after?.mode) return;
  edited.set(path, { first, now: after, trail: [...(known?.trail ?? []), { commit, to: after }] });
}

/** `restored`: back in its first version. `mode`: the same bytes, but now executable. */
export function verdictOf({ first, now }: EditedEvent): 'damaged' | 'restored' | 'mode' {
  if (now?.oid !== first.oid) return 'damaged';
  if (now.mode === first.mode) return 'restored';
  return now.mode.startsWith('100') ? 'mode' : 'damaged';
}
