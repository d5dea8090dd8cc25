import { CsvError, parse } from 'csv-parse/sync';
import type { Protocol } from '../../../../events/port.js';
import { withoutGuard } from '../../../files/formula-guard.js';
import {
  type DocumentFormat,
  linesIn,
  MOST_ENTRIES,
  type PortEntry,
  requireFewEntries,
  UnreadableDocument,
} from '../port-entry.js';
import { portLiteralIn, portRangeIn } from '../port-literal.js';

/** What columns are called, in lower case; of several the first one counts. */
const COLUMNS = {
  port: [
    'host port',
    'host_port',
    'hostport',
    'external port',
    'published port',
    'port',
    'port number',
    'port_number',
    'ports',
    'number',
  ],
  host: ['host', 'hostname', 'machine', 'server', 'node'],
  protocol: ['protocol', 'proto'],
  resource: ['resource', 'service', 'application', 'app', 'component'],
  name: ['name', 'port name', 'port_name', 'label'],
  owner: ['owner', 'team', 'contact'],
  reason: ['reason', 'description', 'comment', 'notes', 'purpose'],
} as const;

/** Tables with a heading, as spreadsheets save them and as `vports list --format csv` prints them. */
export const csv: DocumentFormat = {
  id: 'csv',
  says: 'list',
  matches: (name) => /\.csv$/i.test(name),
  read(text) {
    const rows = parsed(text);
    requireFewEntries(rows.length);
    const heading = (rows[0]?.record ?? []).map((cell) => cell.trim().toLowerCase());
    const columns = Object.fromEntries(
      Object.entries(COLUMNS).map(([key, names]) => [
        key,
        names.map((name) => heading.indexOf(name)).find((at) => at >= 0),
      ]),
    ) as Partial<Record<keyof typeof COLUMNS, number>>;
    const { port, resource = columns.name } = columns;
    if (port === undefined || resource === undefined) return [];
    const name = resource === columns.name ? undefined : columns.name;
    // Ended by what ends them in withOneLineEnd().
    const lines = linesIn(text, text.includes('\n') ? '\n' : '\r');
    return rows.slice(1).flatMap(({ record, info }): PortEntry[] => {
      const cell = (at: number | undefined) =>
        at === undefined ? '' : withoutGuard(record[at] ?? '').trim();
      if (cell(resource) === '') return [];
      const line = info.lines - (record.join('').match(/\n/g)?.length ?? 0);
      const host = columns.host === resource ? '' : cell(columns.host);
      const common = {
        line,
        resource: cell(resource),
        ...(cell(name) && { name: cell(name) }),
        ...(cell(columns.owner) && { owner: cell(columns.owner) }),
        ...(cell(columns.reason) && { reason: cell(columns.reason) }),
        ...(host && { host }),
        side: 'host' as const,
      };
      return numbersIn(cell(port), cell(columns.protocol)).map(({ number, port: found, protocol }) => {
        const digits = found === undefined ? undefined : digitsIn(lines[line - 1], number);
        return {
          ...common,
          protocol,
          column: digits?.column ?? 1,
          ...(digits && { digits: { offset: digits.offset, length: number.length } }),
          ...(found === undefined ? { wish: number } : { port: found }),
        };
      });
    });
  },
};

/** What a cell of ports says: `80,443`, `9000-9010`, `53/udp`; each in the protocols of its row, as `tcp/udp`. */
function numbersIn(
  cell: string,
  protocols: string,
): { number: string; port: number | undefined; protocol: Protocol }[] {
  return cell.split(/[,; \t]+/).flatMap((part) => {
    const [, number = '', suffix] = /^(.*?)(?:\/(tcp|udp))?$/is.exec(part)!;
    const said = (suffix ?? protocols).toLowerCase();
    const own: Protocol[] = /tcp.*udp|udp.*tcp|both/.test(said)
      ? ['tcp', 'udp']
      : [/udp/.test(said) ? 'udp' : 'tcp'];
    const range = portRangeIn(number);
    const ports = range ?? [portLiteralIn(number)?.port];
    return ports.flatMap((port) => own.map((protocol) => ({ number: range ? '' : number, port, protocol })));
  });
}

/** Position of a number in its line; undefined if the number occurs twice. */
function digitsIn(
  at: { line: string; offset: number } | undefined,
  number: string,
): { offset: number; column: number } | undefined {
  const isPlain = /^\d+$/.test(number);
  const all = at && isPlain ? [...at.line.matchAll(new RegExp(`(?<![\\w.])${number}(?![\\w.])`, 'g'))] : [];
  return all.length === 1 ? { offset: at!.offset + all[0]!.index, column: all[0]!.index + 1 } : undefined;
}

/** In a text with line feeds, a lone carriage return ends no line; in one without, it does (old Macs). */
function withOneLineEnd(text: string): string {
  return text.includes('\n') ? text.replaceAll('\r\n', '\n').replaceAll('\r', ' ') : text;
}

/** The separator in the heading: spreadsheets save commas, semicolons or tabs, depending on the country. */
function delimiterOf(text: string): string {
  const [heading = ''] = text.split(/[\r\n]/, 1);
  const count = (it: string) => heading.split(it).length;
  return [',', ';', '\t'].reduce((most, it) => (count(it) > count(most) ? it : most));
}

function parsed(text: string): { record: string[]; info: { lines: number } }[] {
  try {
    return parse(withOneLineEnd(text), {
      bom: true,
      delimiter: delimiterOf(text),
      info: true,
      to: MOST_ENTRIES + 2,
      relax_column_count: true,
      skip_empty_lines: true,
    }) as unknown as { record: string[]; info: { lines: number } }[];
  } catch (error) {
    if (error instanceof CsvError) throw new UnreadableDocument(error.message, Number(error.lines ?? 1));
    throw error;
  }
}
