import { escapeControlCharacters, oneLine } from '../control-characters.js';
import type { Progress } from '../progress.js';

/** No progress is shown for work shorter than this, in milliseconds. */
const PATIENCE = 1_000;

/** A status line on a terminal's stderr, cleared when the work is done. */
export function progressLine(): { show: Progress | undefined; clear: () => void } {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') return waitingLines();
  const begun = performance.now();
  let shown = '';
  const put = (line: string) => {
    if (line === shown) return;
    process.stderr.write(`\r${line}${' '.repeat(Math.max(0, shown.length - line.length))}`);
    shown = line;
  };
  return {
    show: (news) => {
      if ('waitsFor' in news) put(cut(`waiting for ${escapeControlCharacters(news.waitsFor)}`));
      else if (performance.now() - begun < PATIENCE) return;
      else if ('doing' in news) put(cut(escapeControlCharacters(news.doing)));
      else {
        const percent = Math.floor((news.done / Math.max(news.total, 1)) * 100);
        put(`reading the registry for the first time: ${percent} %`);
      }
    },
    clear: () => {
      if (shown !== '') process.stderr.write(`\r${' '.repeat(shown.length)}\r`);
      shown = '';
    },
  };
}

/** Without a terminal, a wait longer than this (in milliseconds) prints one line, so that agents do not give up. */
const LONG = 5_000;

function waitingLines(): { show: Progress; clear: () => void } {
  const named = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  return {
    show: (news) => {
      if (!('waitsFor' in news) || named.has(news.waitsFor)) return;
      named.add(news.waitsFor);
      clearTimeout(timer);
      timer = setTimeout(
        () => process.stderr.write(`waiting for ${oneLine(escapeControlCharacters(news.waitsFor))}\n`),
        LONG,
      );
      timer.unref();
    },
    clear: () => clearTimeout(timer),
  };
}

/** A carriage return does not clear a line that wrapped. */
function cut(line: string): string {
  const one = line.replaceAll('\n', ' ');
  const width = (process.stderr.columns || 80) - 1;
  return one.length <= width ? one : `${one.slice(0, width - 1)}…`;
}
