import type { Protocol } from '../../../../events/port.js';
import { type DocumentFormat, isPortVariable, type PortEntry, placesIn } from '../port-entry.js';
import { portLiteralIn } from '../port-literal.js';

/** Instructions with their arguments; a backslash at the end of a line goes on with the next (docs.docker.com/reference/dockerfile). */
const INSTRUCTION = /^[ \t]*(EXPOSE|ENV|ARG)[ \t]+((?:[^\\\n]|\\\r?\n|\\.)*)/gim;

/** `EXPOSE` and what `ENV` and `ARG` say of variables that carry ports: all of it inside the container. */
export const dockerfile: DocumentFormat = {
  id: 'dockerfile',
  says: 'forward',
  matches: (name) => /^((Dockerfile|Containerfile)(\.[\w.-]+)?|[\w.-]+\.(Dockerfile|dockerfile))$/.test(name),
  read(text) {
    const place = placesIn(text);
    return [...text.matchAll(INSTRUCTION)].flatMap((match): PortEntry[] => {
      const [whole, instruction = '', rest = ''] = match;
      const start = match.index + whole.length - rest.length;
      const words = [...rest.replace(/[ \t]#.*$/gm, (it) => ' '.repeat(it.length)).matchAll(/[^\s\\]+/g)];
      const read = instruction.toUpperCase() === 'EXPOSE' ? exposed : assigned;
      return read(words.map((word) => ({ text: word[0], offset: start + word.index }))).map((entry) => ({
        ...place(entry.at),
        side: 'container' as const,
        ...entry.port,
      }));
    });
  },
};

interface Word {
  text: string;
  offset: number;
}
interface Found {
  at: number;
  port: Pick<PortEntry, 'port' | 'digits' | 'variable' | 'protocol'>;
}

function exposed(words: Word[]): Found[] {
  return words.flatMap(({ text, offset }) => {
    const [, number = '', suffix] = /^(.*?)(?:\/(tcp|udp))?$/s.exec(text)!;
    const numeral = portLiteralIn(number, offset);
    return numeral ? [{ at: offset, port: { ...numeral, protocol: (suffix ?? 'tcp') as Protocol } }] : [];
  });
}

/** `API_PORT=8080 UI_PORT=3000`, and the older `API_PORT 8080`. */
function assigned(words: Word[]): Found[] {
  const [first, second] = words;
  const pairs =
    first && second && words.length === 2 && !first.text.includes('=')
      ? [{ name: first.text, value: second.text, at: first.offset, offset: second.offset }]
      : words.map(({ text, offset }) => {
          const end = text.indexOf('=');
          const name = text.slice(0, Math.max(end, 0));
          return { name, value: text.slice(end + 1), at: offset, offset: offset + end + 1 };
        });
  return pairs.flatMap(({ name, value, at, offset }) => {
    const numeral = isPortVariable(name) ? portLiteralIn(value, offset) : undefined;
    if (numeral?.port === undefined) return [];
    return [{ at, port: { ...numeral, variable: name, protocol: 'tcp' as const } }];
  });
}
