import { type ReadFailure, readFailureOf } from '../../documents/read-failure.js';
import { openResourceFolder } from '../../documents/resource-folder.js';
import { findResourceFolders } from '../../documents/resources-below.js';
import { notWritten } from '../../documents/write-document.js';
import type { Warning } from '../../errors.js';
import { workTreeOf } from '../../files/work-tree.js';
import { globMatches } from '../../policy/policy.js';
import { type Caller, folderOf } from '../caller.js';
import { isGlob } from '../decide/matching-resources.js';
import type { Common } from '../write/outcome.js';
import type { Documented } from './documents-in-commit.js';

export interface Following {
  documents: Documented[];
  warnings: Warning[];
}

/** For one resource, the documents of the named or current folder; for several, those of the work tree. */
export function documentsFollowing(caller: Caller, patterns: string[], options: Common): Following {
  const [resource = ''] = patterns;
  if (options.docs === false || options.dryRun) return { documents: [], warnings: [] };
  if (patterns.length > 1 || isGlob(resource)) return documentsInTree(caller, patterns, options.dir);
  const folder = folderOf(caller, resource, options.dir);
  return { documents: folder ? [{ resource, folder }] : [], warnings: [] };
}

export function documentsInTree({ logs, cwd }: Caller, patterns: string[], dir?: string): Following {
  const root = dir ?? logs.monorepo()?.worktree ?? workTreeOf(cwd) ?? cwd;
  const unread: ReadFailure[] = [];
  const documents: Documented[] = [];
  for (const path of findResourceFolders(root, unread)) {
    try {
      const folder = openResourceFolder(path);
      const { resource, dynamic } = folder.service ?? {};
      if (resource === undefined || dynamic) continue;
      if (patterns.some((pattern) => globMatches(pattern, resource))) documents.push({ resource, folder });
    } catch (error) {
      unread.push(readFailureOf(error, path));
    }
  }
  return { documents, warnings: unread.map(({ file, why }) => notWritten(file, why)) };
}
