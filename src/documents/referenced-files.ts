import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attempt } from '../attempt.js';
import { isInside } from '../files/is-inside.js';
import type { ReadText } from '../files/reading-once.js';
import { composeReferences } from './formats/compose/compose-references.js';
import { compose } from './formats/compose/read-compose.js';
import { type FoundDocuments, readDocument, readDocumentText } from './read-documents.js';

/** Files deep that compose files may name one after the other. */
const DEEPEST = 5;

/**
 * What compose files take from files of any name: an included file counts as it is, and of an extended service what it publishes, under the
 * name of the service that extends it. Files outside of `root` are left alone.
 */
export function addReferenced(root: string, found: FoundDocuments, read: ReadText = readDocumentText): void {
  let files = found.composeFiles;
  const known = new Map(found.documents.map((it) => [it.file, it]));
  for (let depth = 0; depth < DEEPEST && files.length > 0; depth++) {
    const next: string[] = [];
    for (const from of files) {
      // A file that could not be read is among those.
      for (const { file, service } of attempt(() => composeReferences(read(from))) ?? []) {
        const target = join(dirname(from), file);
        const before = known.get(target);
        if (before && service) {
          for (const it of before.entries) if (it.resource === service.there) it.resource = service.here;
        }
        if (before || !isInside(root, target) || !existsSync(target)) continue;
        const document = readDocument(target, compose, read);
        if ('why' in document) {
          found.unread.push(document);
          continue;
        }
        const entries = service
          ? document.entries.flatMap((it) =>
              it.resource === service.there ? [{ ...it, resource: service.here }] : [],
            )
          : document.entries;
        known.set(target, { ...document, entries });
        if (entries.length > 0) found.documents.push(known.get(target)!);
        next.push(target);
      }
    }
    files = next;
  }
}
