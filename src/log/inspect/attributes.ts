/** Keeps git from converting events and from merging two into one file. `merge` selects git's own three-way merge. */
const ATTRIBUTES_LINE = '* -text -filter -ident -working-tree-encoding merge';

const NEEDED = ATTRIBUTES_LINE.split(' ').slice(1);

/**
 * Whether a registry's `.gitattributes` protects its events, whatever the user's attributes or those of folders above say:
 * `merge=union` would silently merge two claims of a port. Later lines of the file win.
 */
export function areSoundAttributes(text: string): boolean {
  const lines = text.split(/\r?\n/).map((line) => line.trim().split(/\s+/));
  const ours = lines.findLastIndex(
    ([pattern, ...words]) => pattern === '*' && NEEDED.every((it) => words.includes(it)),
  );
  const undone = (word: string) => /^[-!]?merge(=|$)/.test(word) && word !== 'merge';
  return ours >= 0 && !lines.slice(ours + 1).some(([, ...words]) => words.some(undone));
}

export function fixedAttributes(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const older = (line: string) => {
    const [pattern, ...words] = line.trim().split(/\s+/);
    return pattern === '*' && words.every((it) => NEEDED.includes(it));
  };
  return [...lines.filter((line) => !older(line)), ATTRIBUTES_LINE, ''].join('\n');
}
