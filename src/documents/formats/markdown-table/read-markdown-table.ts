import type { Protocol } from '../../../../events/port.js';
import { type DocumentFormat, linesIn, type Place, type PortEntry, placesIn } from '../port-entry.js';
import { portHere } from '../port-here.js';
import { outsideBlock } from '../readme/readme.js';

const PORT_COLUMNS = [
  /^(host|external|public|published|exposed)[ _-]?ports?$/i,
  /^ports?([ _-]?(number|no\.?))?$/i,
];
const NAME_COLUMN =
  /^(service|resource|application|app|component|container|program|server|name)s?([ _-]?name)?$/i;
const PROTOCOL_COLUMN = /^proto(col)?$/i;
/** A row of dashes, which makes what is above it a heading (github.github.com/gfm/#tables-extension-). */
const DASHES = /^[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*(?::?-+:?[ \t]*)?$/;
const PORTS = /(?<![\w.:-])(\d{2,5})(?:\/(tcp|udp))?(?![\w.-])/gi;

/** Tables of Markdown that have a column of ports and one of names. */
export const markdownTable: DocumentFormat = {
  id: 'markdown-table',
  says: 'forward',
  matches: (name) => /\.(md|markdown)$/i.test(name),
  fits: (text) => /^[ \t]*\|?[^\n]*\bports?\b[^\n]*\|?[ \t]*\r?\n[ \t]*\|?[ \t]*:?-/im.test(text),
  read(text) {
    const place = placesIn(text);
    const isOutside = outsideBlock(text);
    const found: PortEntry[] = [];
    let columns: Columns | undefined;
    let before: Cell[] = [];
    for (const { line, offset } of linesIn(text)) {
      const cells = line.includes('|') ? cellsOf(line, offset) : [];
      if (cells.length === 0) columns = undefined;
      else if (DASHES.test(line)) columns = columnsOf(before);
      else if (columns && isOutside(offset)) found.push(...inRow(cells, columns, place));
      before = cells;
    }
    return found;
  },
};

/** The columns of a table, by their number. */
interface Columns {
  port: number;
  name: number;
  protocol: number;
}

interface Cell {
  text: string;
  offset: number;
}

function inRow(cells: Cell[], { port, name, protocol }: Columns, place: Place): PortEntry[] {
  const resource = plain(cells[name]?.text ?? '');
  const { text, offset } = cells[port] ?? { text: '', offset: 0 };
  // A cell that says more than numbers may speak of what is inside.
  if (resource === '' || !/^[\s`*_,;/&+\d()tcpudan-]+$/i.test(text)) return [];
  return [...text.matchAll(PORTS)].flatMap((match) => {
    const said = (match[2] ?? plain(cells[protocol]?.text ?? '')).toLowerCase();
    const own: Protocol = said === 'udp' ? 'udp' : 'tcp';
    return portHere(match[1]!, offset + match.index, place, { resource, protocol: own });
  });
}

function columnsOf(heading: Cell[]): Columns | undefined {
  const names = heading.map(({ text }) => plain(text));
  const port = PORT_COLUMNS.map((it) => names.findIndex((name) => it.test(name))).find((at) => at >= 0);
  const name = names.findIndex((it) => NAME_COLUMN.test(it));
  return port === undefined || name < 0
    ? undefined
    : { port, name, protocol: names.findIndex((it) => PROTOCOL_COLUMN.test(it)) };
}

/** A cell without what makes it bold, code or a link. */
function plain(text: string): string {
  return text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*_`~]+/g, (it) => (it === '_' ? '_' : ''))
    .replace(/\([^)]*\)/g, '')
    .trim();
}

function cellsOf(line: string, offset: number): Cell[] {
  const cells: Cell[] = [];
  let at = line.search(/\S/);
  if (line[at] === '|') at++;
  for (const part of line
    .slice(at)
    .replace(/\|[ \t]*$/, '')
    .split(/(?<!\\)\|/)) {
    cells.push({ text: part, offset: offset + at });
    at += part.length + 1;
  }
  return cells;
}
