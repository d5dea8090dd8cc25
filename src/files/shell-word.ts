/** A word as a POSIX shell takes it for one, whatever is in it: commands that we print are pasted. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
