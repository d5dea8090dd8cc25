/** A table as GitHub has it; what others wrote is text in it and nothing else. */
export function markdownTable(heading: string[], rows: (string | number)[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const text = (row: (string | number)[]) => line(row.map((cell) => inert(String(cell))));
  return [line(heading), line(heading.map(() => '---')), ...rows.map(text)].join('\n');
}

/**
 * Text that means nothing in Markdown: no link, no HTML, no table. An escape does not keep GitHub from mentioning people (`@`), from
 * linking issues (`#`) or from linking what looks like an address: there a blank without width stands behind.
 */
export function inert(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>|~!&$#]/g, '\\$&')
    .replaceAll('\n', ' ')
    .replace(/[@#]|:(?=\/\/)|\bwww(?=\.)|\bGH(?=-)/gi, '$&&#8203;');
}

/** GitHub takes comments of 65,536 characters; some room is for what is put around this. */
const LONGEST = 60_000;

/** The first lines of a text that a comment takes, and how many more there are. */
export function cutToComment(lines: string[], where: string): string {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > LONGEST) break;
    kept.push(line);
  }
  const left = lines.length - kept.length;
  if (left === 0) return lines.join('\n');
  return [...kept, '', `${left} more lines do not fit here: \`${where}\` shows them.`].join('\n');
}
