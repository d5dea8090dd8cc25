import { within } from '../policy/policy.js';
import type { MapHistory } from './history.js';
import type { MapData, MapRange } from './map-data.js';

/** Ports drawn in one line. Bounds are inclusive. */
export interface Row {
  /** The port at the left edge, a multiple of the number of columns. */
  start: number;
  from: number;
  to: number;
  isQuiet: boolean;
}

/** A range, or all ports outside of the ranges. */
export interface Strip {
  /** Undefined for the ports outside of the ranges. */
  range: MapRange | undefined;
  id: string;
  title: string;
  /** Whether somebody holds or held one of its ports. */
  isUsed: boolean;
  rows: Row[];
}

/** The strips of a map with this number of columns, in the order of the policy. */
export function stripsOf({ ranges }: Pick<MapData, 'ranges'>, history: MapHistory, columns: number): Strip[] {
  const used = new Set(history.keys.map((key) => Math.floor((key >> 1) / columns)));
  const rowsOf = (from: number, to: number): Row[] => {
    const rows: Row[] = [];
    for (let row = Math.floor(from / columns); row * columns <= to; row++) {
      const start = row * columns;
      const [first, last] = [Math.max(start, from), Math.min(start + columns - 1, to)];
      rows.push({ start, from: first, to: last, isQuiet: !used.has(row) });
    }
    return rows;
  };
  const strips: Strip[] = ranges.map((range) => ({
    range,
    id: range.id,
    title: range.title,
    isUsed: history.keys.some((key) => within(range, key >> 1)),
    rows: rowsOf(range.from, range.to),
  }));
  const outside = outsideOf(ranges, history);
  if (outside.length === 0) return strips;
  const places = [...new Set(outside.map((port) => Math.floor(port / columns)))];
  const rows = places.map((row) => {
    const [start, last] = [row * columns, row * columns + columns - 1];
    return { start, from: Math.max(start, 1), to: Math.min(last, 65535), isQuiet: false };
  });
  return [...strips, { range: undefined, id: 'outside', title: 'Ports in no range', isUsed: true, rows }];
}

/** Whether a strip shows a port: a line of ports outside of the ranges may include ports within one. */
export function belongsTo(strip: Strip, ranges: MapRange[], port: number): boolean {
  if (strip.range) return port >= strip.range.from && port <= strip.range.to;
  return !ranges.some(({ from, to }) => port >= from && port <= to);
}

function outsideOf(ranges: MapRange[], history: MapHistory): number[] {
  const ports = [...new Set(history.keys.map((key) => key >> 1))].sort((a, b) => a - b);
  return ports.filter((port) => !ranges.some(({ from, to }) => port >= from && port <= to));
}
