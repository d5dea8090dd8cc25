import { labelOf } from '../../events/names.js';
import { formatPort } from '../../events/port.js';
import type { Stats } from '../registry/query/stats.js';
import { csv, fitTable, table } from './table.js';

const BLOCKS = '▁▂▃▄▅▆▇█';
const UNUSED = ['PORT', 'RESOURCE', 'OWNER', 'SINCE', 'LAST SEEN'];
/** Characters of a full bar. */
const BAR = 20;

export function renderStats(
  { ranges, owners, unused }: Stats,
  { days, width }: { days: number; width?: number | undefined },
): string {
  const used = ranges.filter(({ held, history }) => held > 0 || history.some((it) => it.held > 0));
  const rows = used.map((it) => [it.id, it.held, it.free, bar(it.held, it.size), spark(it.history)]);
  const ownerRows = owners.map((it) => [it.owner ?? '-', it.ports, it.resources]);
  const unusedRows = unused.map((it) => {
    const seen = it.lastHeard?.slice(0, 10) ?? 'never';
    return [formatPort(it), labelOf(it), it.owner ?? '-', it.since.slice(0, 10), seen];
  });
  const parts = [
    used.length === 0
      ? 'no port is held'
      : fitTable(['RANGE', 'HELD', 'FREE', 'FULL', 'HISTORY'], rows, width).text,
    ...(owners.length === 0 ? [] : [fitTable(['OWNER', 'PORTS', 'RESOURCES'], ownerRows, width).text]),
    unused.length === 0
      ? `no port is known to be unused for ${days} days`
      : `unused for ${days} days, as far as this machine knows:\n${table(UNUSED, unusedRows)}`,
  ];
  return parts.join('\n\n');
}

export function renderStatsCsv({ ranges }: Stats): string {
  return csv(
    ['range', 'size', 'held', 'free'],
    ranges.map(({ id, size, held, free }) => [id, size, held, free]),
  );
}

/** At least one block if anything is held. */
function bar(held: number, size: number): string {
  const full = held === 0 ? 0 : Math.max(1, Math.round((held / size) * BAR));
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}

/** Scaled to the maximum of the history, not to the size of the range. */
function spark(history: { held: number }[]): string {
  const most = Math.max(1, ...history.map(({ held }) => held));
  return history.map(({ held }) => BLOCKS[Math.round((held / most) * (BLOCKS.length - 1))]).join('');
}
