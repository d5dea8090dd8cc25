import type { PortRef, Protocol } from '../../../../events/port.js';

export const START = '<!-- vports:start -->';
const END = '<!-- vports:end -->';

export interface DocumentedPort extends PortRef {
  name: string;
  variable: string;
}

/**
 * The README with these ports in its block; without a block, one is added at the end if it `isWanted`. Undefined where the
 * block is broken (a start without an end), or the text ends within code, which is the user's to mend. Line ends stay as they are.
 */
export function editReadme(
  text: string,
  ports: DocumentedPort[],
  { isWanted = true }: { isWanted?: boolean | undefined } = {},
): string | undefined {
  const line = text.includes('\r\n') ? '\r\n' : '\n';
  const block = [START, ...table(ports), END].join(line);
  const place = placeOf(text);
  if (!isWanted && !hasMarker(text, place)) return text;
  if (place === 'broken') return undefined;
  if (place === undefined) {
    if (ports.length === 0) return text;
    const gap =
      text === '' ? '' : text.endsWith(`${line}${line}`) ? '' : text.endsWith(line) ? line : line + line;
    return `${text}${gap}${block}${line}`;
  }
  return text.slice(0, place.start) + block + text.slice(place.end);
}

/**
 * The position of the block, from its start to after its end. A start counts where it begins its line, an end where it ends its
 * own, and neither in fenced code: prose may speak of markers. `broken` for anything but one start and one end behind it, and
 * for a text without any that ends within code.
 */
function placeOf(text: string): { start: number; end: number } | 'broken' | undefined {
  const markers: { kind: string; at: number }[] = [];
  let fence: string | undefined;
  for (const { 0: whole, 1: mark, 2: info = '', index: at } of text.matchAll(
    /```|~~~/.test(text) ? FENCE_OR_MARKER : MARKER,
  )) {
    if (mark !== undefined && fence === undefined)
      fence = info.includes('`') && mark[0] === '`' ? undefined : mark;
    else if (mark !== undefined && fence !== undefined && mark.startsWith(fence) && info.trim() === '')
      fence = undefined;
    if (mark !== undefined || fence !== undefined) continue;
    if (whole === START && beginsLine(text, at)) markers.push({ kind: START, at });
    if (whole === END && endsLine(text, at + END.length)) markers.push({ kind: END, at });
  }
  const [start, end, ...more] = markers;
  if (!start) return fence === undefined ? undefined : 'broken';
  if (start.kind !== START || end?.kind !== END || more.length > 0) return 'broken';
  return { start: start.at, end: end.at + END.length };
}

/** Whether somebody wanted a block there, sound or not. */
function hasMarker(text: string, place: ReturnType<typeof placeOf>): boolean {
  return place === 'broken' ? text.includes(START) || text.includes(END) : place !== undefined;
}

/** Where a README is broken that editReadme() leaves alone: its line, from 1, and what is wrong there. */
export function brokenPlace(text: string): { line: number; what: string } {
  const lines = text.split('\n').map((it) => it.trim());
  const [starts, ends] = [START, END].map((mark) =>
    lines.flatMap((it, index) => (it === mark ? [index + 1] : [])),
  );
  if (starts![1] !== undefined) return { line: starts![1], what: 'a second start marker' };
  if (starts![0] !== undefined && ends![0] === undefined)
    return { line: starts![0], what: 'a start marker without an end marker' };
  if (ends![0] !== undefined) return { line: ends![0], what: 'an end marker without a start marker' };
  const fence = lines.findLastIndex((it) => /^(```|~~~)/.test(it));
  return { line: fence + 1, what: 'an unclosed code block' };
}

const MARKER = new RegExp(`${START}|${END}`, 'g');
/** A fence of code may stand in a list or a quote (spec.commonmark.org, fenced code blocks); what follows it is its info. */
const FENCE_OR_MARKER = new RegExp(
  `^(?:[ \\t>]|[-*+][ \\t]|\\d{1,9}[.)][ \\t])*(\`{3,}|~{3,})([^\\n]*)|${START}|${END}`,
  'gm',
);

function beginsLine(text: string, at: number): boolean {
  return text.slice(text.lastIndexOf('\n', at) + 1, at).trim() === '';
}

function endsLine(text: string, at: number): boolean {
  const end = text.indexOf('\n', at);
  return text.slice(at, end < 0 ? undefined : end).trim() === '';
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

/** The ports of the block, each with its line from 1; empty without a block. */
export function portsInReadme(
  text: string,
): { name: string; port: number; protocol: Protocol; line: number }[] {
  const place = placeOf(text);
  if (place === undefined || place === 'broken') return [];
  const first = text.slice(0, place.start).split('\n').length;
  return text
    .slice(place.start, place.end)
    .split('\n')
    .flatMap((row, index) => {
      const cells = /^\| ([^|]+) \| (\d{1,5}) \|(?: (udp) \|)?/.exec(row);
      if (!cells) return [];
      const [, name = '', port, protocol = 'tcp'] = cells;
      return [{ name, port: Number(port), protocol: protocol as Protocol, line: first + index }];
    });
}

/** Whether an offset of a README is outside of its block. */
export function outsideBlock(text: string): (offset: number) => boolean {
  const place = placeOf(text);
  if (place === undefined || place === 'broken') return () => true;
  return (offset) => offset < place.start || offset >= place.end;
}
