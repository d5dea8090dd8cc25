/** In characters; undefined if stdout is not a terminal. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
}

export function hiddenNote(hidden: string[], remedy = ''): string[] {
  const is = hidden.length > 1 ? 'are' : 'is';
  return hidden.length === 0
    ? []
    : [`the terminal is too narrow: ${hidden.join(', ')} ${is} hidden${remedy}`];
}

export function isLong(text: string): boolean {
  const { isTTY, rows, columns } = process.stdout;
  if (!isTTY || !rows || process.env.TERM === 'dumb') return false;
  const lines = text.split('\n').map((line) => Math.max(1, Math.ceil(line.length / (columns || 80))));
  return lines.reduce((sum, it) => sum + it, 0) >= rows;
}
