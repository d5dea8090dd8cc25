import type { PortRef } from '../../events/port.js';

const START = '<!-- vports:start -->';
const END = '<!-- vports:end -->';

export interface DocumentedPort extends PortRef {
  name: string;
  variable: string;
}

/**
 * The README with its block telling these ports; without a block, one is put at the end. Undefined where the block is
 * broken (a start without an end), which is the user's to mend. Line ends stay as they are.
 */
export function editReadme(text: string, ports: DocumentedPort[]): string | undefined {
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  const block = [START, ...table(ports), END].join(line);
  const start = text.indexOf(START);
  const end = text.indexOf(END, start);
  if (start < 0) {
    if (ports.length === 0) return text;
    const gap =
      text === '' ? '' : text.endsWith(`${line}${line}`) ? '' : text.endsWith(line) ? line : line + line;
    return `${text}${gap}${block}${line}`;
  }
  if (end < 0) return undefined;
  return text.slice(0, start) + block + text.slice(end + END.length);
}

function table(ports: DocumentedPort[]): string[] {
  if (ports.length === 0) return ['No ports.'];
  return [
    '| Name | Port | Protocol | Variable | URL |',
    '| --- | --- | --- | --- | --- |',
    ...ports.map(({ name, port, protocol, variable }) => {
      const url = protocol === 'tcp' ? `http://localhost:${port}` : '';
      return `| ${name} | ${port} | ${protocol} | \`${variable}\` | ${url} |`;
    }),
  ];
}

/** The ports that the block tells, each with its line from 1; empty without a block. */
export function portsInReadme(text: string): { name: string; port: number; line: number }[] {
  const start = text.indexOf(START);
  const end = text.indexOf(END, start);
  if (start < 0 || end < 0) return [];
  const first = text.slice(0, start).split('\n').length;
  return text
    .slice(start, end)
    .split('\n')
    .flatMap((row, index) => {
      const cells = /^\| ([^|]+) \| (\d{1,5}) \|/.exec(row);
      return cells ? [{ name: cells[1]!, port: Number(cells[2]), line: first + index }] : [];
    });
}
