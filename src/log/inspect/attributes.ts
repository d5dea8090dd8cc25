/** What keeps git from changing the bytes of events, and from making one file of two. `merge` alone is git's own three-way merge. */
const ATTRIBUTES_LINE = '* -text -filter -ident -working-tree-encoding merge';

const NEEDED = ATTRIBUTES_LINE.split(' ').slice(1);

/**
 * Whether a `.gitattributes` of a registry says what it has to, whatever the user's own attributes or those of a folder above
 * say: `merge=union` would merge two claims of one port clean. What comes later in the file counts.
 */
export function areSoundAttributes(text: string): boolean {
  const lines = text.split(/\r?\n/).map((line) => line.trim().split(/\s+/));
  const ours = lines.findLastIndex(
    ([pattern, ...words]) => pattern === '*' && NEEDED.every((it) => words.includes(it)),
  );
  const undone = (word: string) => /^[-!]?merge(=|$)/.test(word) && word !== 'merge';
  return ours >= 0 && !lines.slice(ours + 1).some(([, ...words]) => words.some(undone));
}

/** The same text with the line that it lacks at its end, where it counts. */
export function mendedAttributes(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const older = (line: string) => {
    const [pattern, ...words] = line.trim().split(/\s+/);
    return pattern === '*' && words.every((it) => NEEDED.includes(it));
  };
  return [...lines.filter((line) => !older(line)), ATTRIBUTES_LINE, ''].join('\n');
}
