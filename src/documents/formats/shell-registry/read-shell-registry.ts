import { type DocumentFormat, type PortEntry, placesIn } from '../port-entry.js';
import { literalOrWish } from '../port-literal.js';

/** `declare -A RESOURCE_PORTS=(`, `RESOURCE_PORTS+=(` and the like, up to the bracket that ends it. */
const ARRAY =
  /^\uFEFF?[ \t]*(?:(?:declare|typeset|local|readonly|export)[ \t]+(?:-[A-Za-z]+[ \t]+)*)?([A-Za-z_]\w*)\+?=\(/gm;
/** `RESOURCE_PORTS["ollama"]="11434"`, on a line of its own. */
const ELEMENT =
  /(?:^\uFEFF?|;)[ \t]*([A-Za-z_]\w*)\[[ \t]*["']?([^\]"'\n]+?)["']?[ \t]*\]=("[^"\n]*"|'[^'\n]*'|[^\s#;)]+)(?=([^\n;]*))/gm;
/** `["ollama"]="11434"`, `[ollama]=11434`, `[ollama]=$((BASE + 1))`, with a comment behind it. */
const ENTRY = /\[[ \t]*["']?([^\]"'\n]+?)["']?[ \t]*\]=("[^"\n]*"|'[^'\n]*'|[^\s#)]+)|#([^\n]*)|(\))/g;

/** Lists of ports in shell scripts, read as text and never run. */
export const shellRegistry: DocumentFormat = {
  id: 'shell',
  says: 'list',
  matches: (name) => /\.(sh|bash)$/.test(name),
  read(text) {
    const place = placesIn(text);
    return arraysIn(text)
      .filter(({ name }) => /PORTS?$/i.test(name))
      .flatMap(({ entries }) =>
        entries.flatMap(({ key, value, offset, comment }): PortEntry[] => {
          const protocol = /\budp\b/i.test(comment) ? 'udp' : 'tcp';
          return [
            { ...place(offset), resource: key, protocol, side: 'host', ...literalOrWish(value, offset) },
          ];
        }),
      );
  },
};

/** Ranges that such a script sets aside: `declare -A RESERVED_RANGES=( ["system"]="0-1023" )`. Bounds as written. */
export function reservedRangesIn(text: string): { name: string; from: number; to: number }[] {
  return arraysIn(text)
    .filter(({ name }) => /RESERVED|RANGES?$/i.test(name))
    .flatMap(({ entries }) =>
      entries.flatMap(({ key, value }) => {
        const [, from, to] = /^["']?(\d{1,5})-(\d{1,5})["']?$/.exec(value) ?? [];
        return from !== undefined && Number(from) <= Number(to)
          ? [{ name: key, from: Number(from), to: Number(to) }]
          : [];
      }),
    );
}

interface ShellEntry {
  key: string;
  value: string;
  offset: number;
  /** The rest of its line. */
  comment: string;
}

function arraysIn(text: string): { name: string; entries: ShellEntry[] }[] {
  const elements = [...text.matchAll(ELEMENT)].map((match) => {
    const [whole, name = '', key = '', value = '', comment = ''] = match;
    const offset = match.index + whole.length - value.length;
    return { name, entries: [{ key, value, offset, comment }] };
  });
  const lists = [...text.matchAll(ARRAY)].map((match) => {
    const entries: ShellEntry[] = [];
    ENTRY.lastIndex = match.index + match[0].length;
    for (let found = ENTRY.exec(text); found && found[4] === undefined; found = ENTRY.exec(text)) {
      const [whole, key, word, comment] = found;
      if (key !== undefined && word !== undefined) {
        const offset = found.index + whole.length - word.length;
        const value = word.startsWith('$(') ? text.slice(offset, endOfExpression(text, offset)) : word;
        ENTRY.lastIndex = offset + value.length;
        entries.push({ key, value, offset, comment: '' });
      } else {
        const last = entries.at(-1);
        const between = last && text.slice(last.offset, found.index);
        if (last && !between!.includes('\n')) last.comment = comment ?? '';
      }
    }
    return { name: match[1]!, entries };
  });
  return [...lists, ...elements];
}

/** Where `$((BASE + 1))` ends; at the end of its line, or of its word, where its brackets are not closed there. */
function endOfExpression(text: string, start: number): number {
  let depth = 0;
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')' && --depth === 0) return at + 1;
  }
  const word = /[^\s#)]+/y;
  word.lastIndex = start;
  return start + (word.exec(text)?.[0].length ?? 1);
}
