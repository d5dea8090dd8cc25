import type { Objects } from '../git/objects.js';
import type { Repository } from '../git/repository.js';
import type { TreeFile } from '../git/tree.js';
import type { EventChange } from './history-asked.js';

/** An event file that is not, or for a time was not, what it was when it first counted. */
export interface EditedEvent {
  /** The bytes that count, for good. */
  first: TreeFile;
  now: TreeFile | undefined;
  /** What became of it, the oldest change first; each by the commit of the shared branch that has it. */
  trail: Step[];
}

/** What a commit of the shared branch made of an event; of what a merge brought, `by` is the commit behind it. */
export interface Step {
  commit: string;
  to: TreeFile | undefined;
  by?: string | undefined;
}

/** What is no damage, and not to be silent about: an event that a branch had and that never counted. */
export interface Note {
  commit: string;
  path: string;
  /** `dropped`: a conflict explains it. `unclear`: nothing does. `changed`: its author changed it before the merge. */
  what: 'changed' | 'dropped' | 'unclear';
}

/** What a branch's history says of its events, up to a head. All files that are not in `edited` count as the head has them. */
export interface Judgement {
  head: string;
  /** By path from the registry's root. */
  edited: Map<string, EditedEvent>;
  notes: Note[];
}

/** A commit of the shared branch's line. */
export interface LineCommit {
  commit: string;
  /** The head that it followed. */
  parent: string | undefined;
  /** The place of that parent among its parents, and the other ones. */
  place: number;
  others: string[];
}

/** A branch of a repository, whose history is judged. */
export interface JudgedBranch {
  repository: Repository;
  objects: Objects;
  ref: string;
}

/** Notes what a commit made of an event that counts. */
export function take(edited: Map<string, EditedEvent>, { commit, path, before, after }: EventChange): void {
  const known = edited.get(path);
  const first = known?.first ?? before;
  if (!first) return;
  const now = known ? known.now : first;
  if (now?.oid === after?.oid && now?.mode === after?.mode) return;
  edited.set(path, { first, now: after, trail: [...(known?.trail ?? []), { commit, to: after }] });
}

/** `restored`: it is as it was. `mode`: the bytes are, and the file is a program now. */
export function verdictOf({ first, now }: EditedEvent): 'damaged' | 'restored' | 'mode' {
  if (now?.oid !== first.oid) return 'damaged';
  if (now.mode === first.mode) return 'restored';
  return now.mode.startsWith('100') ? 'mode' : 'damaged';
}
