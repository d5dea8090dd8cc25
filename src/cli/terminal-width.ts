/** Of the terminal that the answer is read on, in characters; undefined where a file or a program reads it. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
}

/** What a table has no room for is said, and what else to do. */
export function toldHidden(hidden: string[], remedy = ''): string[] {
  const is = hidden.length > 1 ? 'are' : 'is';
  return hidden.length === 0
    ? []
    : [`the terminal is too narrow: ${hidden.join(', ')} ${is} left out${remedy}`];
}

/** Whether a text is longer than the terminal that it is for. */
export function isLong(text: string): boolean {
  const { isTTY, rows, columns } = process.stdout;
  if (!isTTY || !rows || process.env.TERM === 'dumb') return false;
  const lines = text.split('\n').map((line) => Math.max(1, Math.ceil(line.length / (columns || 80))));
  return lines.reduce((sum, it) => sum + it, 0) >= rows;
}
