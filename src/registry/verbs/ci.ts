import { dirname, relative, sep } from 'node:path';
import type { DeclaredFolder } from '../../documents/declared-ports.js';
import { findDocuments } from '../../documents/read-documents.js';
import type { ReadFailure } from '../../documents/read-failure.js';
import { workTreeOf } from '../../files/work-tree.js';
import {
  checkDocuments,
  type DocumentProblem,
  type OwnedDocument,
} from '../decide/documents/document-check.js';
import type { View } from '../decide/view.js';
import { declaredFolders } from '../documents/declared-folders.js';
import { spokenIn, staleProse } from '../documents/stale-prose.js';
import type { Logs } from '../state/logs.js';

export interface CheckedDocuments {
  /** Whether nothing but warnings was found. */
  ok: boolean;
  problems: DocumentProblem[];
}

/** Holds the documents at and below a folder against what a registry says. Paths in the answer start at the work tree's root. */
export async function checkDocumentsBelow(logs: Logs, view: View, root: string): Promise<CheckedDocuments> {
  const { documents, resourceFolders, texts, unread } = findDocuments(root);
  const { folders, unreadable } = declaredFolders(resourceFolders);
  const owners = new Map(folders.map((it) => [it.path, it]));
  const owned = documents.map((it): OwnedDocument => ({ ...it, owner: ownerOf(it.file, owners, root) }));
  const base = workTreeOf(root) ?? root;
  const problems = [
    ...checkDocuments(view, folders, owned),
    ...(await staleProse(
      logs,
      view,
      texts.flatMap((file) => {
        const owner = ownerOf(file, owners, root);
        return owner ? spokenIn(file, owner.resource) : [];
      }),
    )),
    ...[...unreadable, ...unread].map(unreadableProblem),
  ].map((it) => ({ ...it, file: relative(base, it.file).split(sep).join('/') }));
  problems.sort((a, b) => (a.file === b.file ? (a.line ?? 0) - (b.line ?? 0) : a.file < b.file ? -1 : 1));
  return { ok: problems.every(({ level }) => level === 'warning'), problems };
}

/** The resource whose folder a document is in: the nearest one above it. */
function ownerOf(
  file: string,
  owners: ReadonlyMap<string, DeclaredFolder>,
  root: string,
): DeclaredFolder | undefined {
  for (let at = dirname(file); ; at = dirname(at)) {
    const found = owners.get(at);
    if (found || at === root || dirname(at) === at) return found;
  }
}

export function unreadableProblem({ file, line, column, why }: ReadFailure): DocumentProblem {
  const message = `cannot be read: ${why}`;
  return { code: 'UNREADABLE', level: 'error', file, line, column, port: null, message, fix: null };
}
