import { EVENTS } from '../../events/event-path.js';
import { POLICY_PATH } from '../policy/policy-path.js';
import type { Problem } from './rules.js';

/** An entry of a tree or of one below it, in the order in which they stand there; a folder before what is in it. */
export interface ListedEntry {
  /** From the registry's root. */
  path: string;
  isFolder: boolean;
  oid: string;
}

/** What readers of a registry use in addition to the events. */
const KNOWN = [POLICY_PATH, 'allowed_signers', '.gitattributes', '.mailmap', 'CODEOWNERS', '.github'];
const NO_OID = '0'.repeat(40);

/**
 * What makes readers of one tree see different things. git's fsck refuses the first kind (`duplicateEntries`, `treeNotSorted`, `hasDot`
 * and the like), and a push does not always ask it. The second are names that are another one's on a file system without case, that
 * normalises, or that drops what ends a name.
 */
export function treeFaults(entries: Iterable<ListedEntry>): Problem[] {
  const found: Problem[] = [];
  const [seen, last] = [new Set<string>(), new Map<string, string>()];
  for (const { path, isFolder, oid } of entries) {
    const cut = path.lastIndexOf('/') + 1;
    const [folder, name] = [path.slice(0, cut), path.slice(cut)];
    const bad = (message: string) => found.push({ code: 'BAD_TREE', path, message });
    const key = isFolder ? `${name}/` : name;
    if (seen.has(path)) bad('is in its tree twice: readers take one or the other');
    else if (isBefore(key, last.get(folder))) bad('is not in its place in its tree, which git refuses');
    if (/^\.{0,2}$/.test(name) || /^(\.git|git~1)$/.test(plainName(name)))
      bad('has a name that git refuses: nothing of a tree may be called that');
    if (oid === NO_OID) bad('names no object');
    const like = likeness(path);
    if (like !== undefined)
      found.push({
        code: 'PATH_MISMATCH',
        path,
        message: `differs from ${like} only as some file systems do not tell apart`,
      });
    seen.add(path);
    last.set(folder, key);
  }
  return found;
}

/** The name that a file system may take another one for: in one case, composed, without what is invisible or dropped at its end. */
export function plainName(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .replace(/:.*$/, '')
    .replace(/[. ]+$/, '')
    .toLowerCase();
}

/** What of the log, or which file that readers go by, a path is not but may be taken for. */
function likeness(path: string): string | undefined {
  const [first = ''] = path.split('/', 1);
  const plain = plainName(first);
  return [EVENTS, ...KNOWN].find((it) => plainName(it) === plain && it !== first);
}

function isBefore(key: string, last: string | undefined): boolean {
  return last !== undefined && Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0;
}
