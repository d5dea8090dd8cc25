import { TYPES } from './columns.js';
import type { MapHistory } from './history.js';
import type { MapRange } from './map-data.js';

const GRANTS = [TYPES.indexOf('port.allocated'), TYPES.indexOf('port.registered')];
const RELEASED = TYPES.indexOf('port.released');

/** Held ports of a range over time: at the end of each of equal spans, and the peak. */
export interface Fullness {
  counts: Uint32Array;
  peak: number;
}

/** One result per range. A port held for both tcp and udp counts once. */
export function fullnessOf(history: MapHistory, ranges: MapRange[], spans: number): Fullness[] {
  const found = ranges.map(() => ({ counts: new Uint32Array(spans), peak: 0 }));
  const rangeOf = history.keys.map((key) =>
    ranges.findIndex(({ from, to }) => key >> 1 >= from && key >> 1 <= to),
  );
  const twins = history.keys.map((key) => history.streamOf(key >> 1, key & 1 ? 'tcp' : 'udp'));
  const held = new Uint8Array(history.keys.length);
  const now = new Uint32Array(ranges.length);
  const { times, length, streams } = history;
  const [first, last] = [times[0] ?? 0, times[length - 1] ?? 0];
  const spanOf = (time: number) =>
    Math.max(0, Math.min(spans - 1, Math.floor(((time - first) / (last - first || 1)) * spans)));
  let filled = 0;
  const fillTo = (span: number) => {
    for (; filled < span; filled++)
      for (const [index, it] of found.entries()) it.counts[filled] = now[index]!;
  };
  for (let index = 0; index < length; index++) {
    fillTo(spanOf(times[index]!));
    const [type, stream] = [history.columns.types[index]!, streams[index]!];
    const [range, twin] = [rangeOf[stream]!, twins[stream]];
    const isHeld = GRANTS.includes(type) ? 1 : type === RELEASED ? 0 : held[stream]!;
    const isAlone = twin === undefined || held[twin] === 0;
    if (range >= 0 && isAlone) now[range]! += isHeld - held[stream]!;
    held[stream] = isHeld;
    if (range >= 0) found[range]!.peak = Math.max(found[range]!.peak, now[range]!);
  }
  fillTo(spans);
  return found;
}
