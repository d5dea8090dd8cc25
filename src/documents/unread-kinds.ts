import { basename, extname, join } from 'node:path';
import { attempt } from '../attempt.js';
import { countsBy } from '../grouped.js';
import { isGenerated, isProse } from './port-mentions.js';
import { readDocumentText } from './read-documents.js';
import type { WalkedFolder } from './walk.js';

/** What was read of a tree, by kind of document, and kinds of files with ports that were not. */
export interface Coverage {
  read: ReadonlyMap<string, number>;
  unread: ReadonlyMap<string, number>;
}

/** What looks like a port in any language: `port = 8080`, `listen 80`, `localhost:3000`, `--port 4000`. */
const PORT_LIKE =
  /(?:\bport|_port|Port)["']?\s*(?:[:=]|=>|:=)\s*["']?[1-9]\d{1,4}\b|\blocalhost:[1-9]\d{1,4}\b|\blisten[ (]+[1-9]\d{1,4}\b|--port[= ][1-9]\d{1,4}\b/i;

/** How many files of each kind look as if they had ports; the most first. */
export function unreadKinds(folders: Iterable<WalkedFolder>): Map<string, number> {
  const files = [...folders].flatMap((it) => it.files.map((name) => join(it.path, name)));
  const withPorts = files.filter(
    (it) => !isGenerated(it) && !isProse(it) && PORT_LIKE.test(attempt(() => readDocumentText(it)) ?? ''),
  );
  const kinds = countsBy(withPorts, (it) => extname(it) || basename(it));
  return new Map([...kinds].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}
