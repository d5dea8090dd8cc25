export interface TreeEntry {
  mode: string;
  name: string;
  oid: string;
}

export interface TreeFile {
  oid: string;
  /** `100644` is a plain file. */
  mode: string;
}

export const TREE = '40000';
export const FILE = '100644';

export function parseTree(content: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const end = content.indexOf(0, space);
    if (space < 0 || end < 0 || end + 21 > content.length) throw new Error('malformed tree object');
    entries.push({
      mode: content.toString('latin1', at, space),
      name: content.toString('utf8', space + 1, end),
      oid: content.toString('hex', end + 1, end + 21),
    });
    at = end + 21;
  }
  return entries;
}

/** Encodes a tree object, sorted as in git: bytewise, folders as if their name ended in a slash. */
export function encodeTree(entries: TreeEntry[]): Buffer {
  return Buffer.concat(
    inGitsOrder(entries).flatMap(({ mode, name, oid }) => [
      Buffer.from(`${mode} ${name}\0`),
      Buffer.from(oid, 'hex'),
    ]),
  );
}

function inGitsOrder(entries: TreeEntry[]): TreeEntry[] {
  if (entries.length < 2) return entries;
  return entries
    .map((entry) => ({ entry, key: Buffer.from(entry.mode === TREE ? `${entry.name}/` : entry.name) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ entry }) => entry);
}
