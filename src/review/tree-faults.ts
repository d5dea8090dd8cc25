import { EVENTS } from '../../events/event-path.js';
import type { ProblemCode } from '../codes.js';
import { POLICY_PATH } from '../policy/policy-path.js';
import type { Problem } from './rules.js';

/** An entry of a tree or subtree, in the order of the tree; a folder before its contents. */
export interface ListedEntry {
  /** From the registry's root. */
  path: string;
  isFolder: boolean;
  oid: string;
}

/** Files that readers of a registry use in addition to the events. */
const KNOWN = [
  POLICY_PATH,
  'allowed_signers',
  '.gitattributes',
  '.mailmap',
  'CODEOWNERS',
  '.github',
  '.forgejo',
  '.gitea',
  '.gitlab',
  '.gitlab-ci.yml',
];
const NO_OID = '0'.repeat(40);

/**
 * Entries that readers of one tree may see differently. git's fsck rejects the first kind (`duplicateEntries`, `treeNotSorted`, `hasDot`
 * and the like), but pushes are not always checked. The second kind are names that collide on a file system that ignores case,
 * normalises Unicode or drops trailing characters.
 */
export function treeFaults(entries: Iterable<ListedEntry>): Problem[] {
  const found: Problem[] = [];
  const [seen, last] = [new Set<string>(), new Map<string, string>()];
  for (const { path, isFolder, oid } of entries) {
    const cut = path.lastIndexOf('/') + 1;
    const [folder, name] = [path.slice(0, cut), path.slice(cut)];
    const say = (code: ProblemCode, message: string) => found.push({ code, path, message });
    const bad = (message: string) => say('BAD_TREE', message);
    const key = isFolder ? `${name}/` : name;
    if (seen.has(path)) bad('duplicate tree entry: readers may see either one');
    else if (isBefore(key, last.get(folder))) bad('tree entry out of order, which git rejects');
    if (/^\.{0,2}$/.test(name) || /^(\.git|git~1)$/.test(plainName(name)))
      bad('forbidden name: git rejects it in any tree');
    if (oid === NO_OID) bad('names no object');
    const like = likeness(path);
    if (like !== undefined) say('PATH_MISMATCH', `some file systems cannot distinguish it from ${like}`);
    seen.add(path);
    last.set(folder, key);
  }
  return found;
}

/** A name as the most lenient file systems compare it: one case, composed, without invisible or trailing characters. */
export function plainName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .replace(/:.*$/, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();
}

function likeness(path: string): string | undefined {
  const [first = ''] = path.split('/', 1);
  const plain = plainName(first);
  return [EVENTS, ...KNOWN].find((it) => plainName(it) === plain && it !== first);
}

function isBefore(key: string, last: string | undefined): boolean {
  return last !== undefined && Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0;
}
