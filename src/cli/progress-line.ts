import type { Progress } from '../progress.js';

/** Work that takes less is done before anybody has read how far it is, in milliseconds. */
const PATIENCE = 1_000;

/** A line on a terminal's stderr that says how far long work has come, and goes when it is done. */
export function progressLine(): { show: Progress | undefined; clear: () => void } {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb')
    return { show: undefined, clear: () => undefined };
  const begun = Date.now();
  let shown = '';
  return {
    show: (done, total) => {
      const line = `reading the registry for the first time: ${Math.floor((done / Math.max(total, 1)) * 100)} %`;
      if (Date.now() - begun < PATIENCE || line === shown) return;
      shown = line;
      process.stderr.write(`\r${line}`);
    },
    clear: () => {
      if (shown !== '') process.stderr.write(`\r${' '.repeat(shown.length)}\r`);
      shown = '';
    },
  };
}
