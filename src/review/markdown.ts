/** A GitHub table with escaped cells. */
export function markdownTable(heading: string[], rows: (string | number)[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const text = (row: (string | number)[]) => line(row.map((cell) => escapeMarkdown(String(cell))));
  return [line(heading), line(heading.map(() => '---')), ...rows.map(text)].join('\n');
}

/**
 * Escapes links, HTML and tables. Escapes do not stop GitHub from mentioning people (`@`) or linking issues (`#`) and addresses, so a
 * zero-width space follows those.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_{}[\]<>|~!&$#]/g, '\\$&')
    .replaceAll('\n', ' ')
    .replace(/[@#]|:(?=\/\/)|\bwww(?=\.)|\bGH(?=-)/gi, '$&&#8203;');
}

/** GitHub allows 65,536 characters in a comment; the rest is for what surrounds this text. */
const LONGEST = 60_000;

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
  return [...kept, '', `${left} more lines do not fit here; see \`${where}\`.`].join('\n');
}
