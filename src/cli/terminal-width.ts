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
