import { belongsTo, type Row, type Strip } from '../strips.js';
import type { Atlas } from './atlas.js';
import type { Palette } from './palette.js';

/** Width of the row labels, in CSS pixels as all sizes here. */
export const GUTTER = 46;
const LARGEST_CELL = 14;
/** Space above the first row, for half of its label. */
const HEAD = 4;

export interface Layout {
  columns: number;
  cell: number;
  tops: number[];
}

/** Ports per row for a width: as many as remain distinguishable. */
export function columnsFor(width: number): number {
  return [100, 50, 25].find((columns) => (width - GUTTER) / columns >= 6) ?? 20;
}

export function layoutOf(rows: Row[], width: number, columns: number): Layout {
  const cell = Math.max(5, Math.min(LARGEST_CELL, Math.floor((width - GUTTER) / columns)));
  const tops = [HEAD];
  for (const { isQuiet } of rows)
    tops.push(tops.at(-1)! + (isQuiet ? Math.max(3, Math.round(cell / 2.5)) : cell));
  return { columns, cell, tops };
}

export function portAt(
  strip: Strip,
  { columns, cell, tops }: Layout,
  x: number,
  y: number,
): number | undefined {
  const column = Math.floor((x - GUTTER) / cell);
  const row = strip.rows[tops.findIndex((top, index) => y >= top && y < (tops[index + 1] ?? -1))];
  if (!row || column < 0 || column >= columns) return undefined;
  const port = row.start + column;
  return port >= row.from && port <= row.to ? port : undefined;
}

/**
 * Draws all cells of a strip. Nothing depends on colour alone: free ports are pale, reserved ones hatched, leases hollow, hazards a
 * corner. Uses few large strokes: browsers take long for thousands of small ones.
 */
export function drawCells(
  context: CanvasRenderingContext2D,
  atlas: Atlas,
  palette: Palette,
  strip: Strip,
  layout: Layout,
  selected: number | undefined,
): void {
  const { cell, columns, tops } = layout;
  const width = GUTTER + cell * columns;
  context.clearRect(0, 0, width + 3, tops.at(-1)! + 3);
  const boxOf = (port: number, row: number): Box => ({
    x: GUTTER + (port - strip.rows[row]!.start) * cell,
    y: tops[row]!,
    width: cell,
    height: tops[row + 1]! - tops[row]!,
  });
  drawLabels(context, palette, strip, layout);
  const marks: (() => void)[] = [];
  for (const [row, { from, to }] of strip.rows.entries()) {
    const [first, last] = [boxOf(from, row), boxOf(to, row)];
    context.fillStyle = palette.colour('free');
    context.fillRect(first.x, first.y, last.x + cell - first.x, first.height);
    for (let port = from; port <= to; port++) {
      const box = boxOf(port, row);
      if (!belongsTo(strip, atlas.data.ranges, port)) context.clearRect(box.x, box.y, cell, box.height);
      else drawPort(context, atlas, palette, port, box, marks);
    }
  }
  context.fillStyle = palette.colour('back');
  for (let column = 1; column <= columns; column++)
    context.fillRect(GUTTER + column * cell - 1, 0, 1, tops.at(-1)!);
  for (const top of tops) context.fillRect(GUTTER, top - 1, cell * columns, 1);
  for (const draw of marks) draw();
  const drawRings = (ports: Iterable<number>, color: string) => {
    context.beginPath();
    for (const port of ports) {
      const row = strip.rows.findIndex(({ from, to }) => port >= from && port <= to);
      if (row < 0 || !belongsTo(strip, atlas.data.ranges, port)) continue;
      const { x, y, height } = boxOf(port, row);
      context.rect(x - 1, y - 1, cell + 1, height + 1);
    }
    context.strokeStyle = palette.colour(color);
    context.lineWidth = 2;
    context.stroke();
  };
  drawRings(
    [...atlas.changed].filter((port) => atlas.isHit(port)),
    'text',
  );
  // What a search has found is above what has changed.
  if (atlas.isSearching) drawRings(atlas.heldNumbers(), 'accent');
  if (selected !== undefined) drawRings([selected], 'focus');
}

function drawLabels(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { rows }: Strip,
  { cell, tops }: Layout,
): void {
  context.fillStyle = palette.colour('muted');
  context.textBaseline = 'middle';
  context.font = `${Math.min(11, cell + 3)}px system-ui, sans-serif`;
  let free = 0;
  for (const [index, { start }] of rows.entries()) {
    const middle = (tops[index]! + tops[index + 1]!) / 2;
    if (middle < free) continue;
    context.fillText(String(start || 1), 0, middle);
    free = middle + Math.max(10, cell - 1);
  }
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What covers the lines between cells is drawn last: `marks`. */
function drawPort(
  context: CanvasRenderingContext2D,
  atlas: Atlas,
  palette: Palette,
  port: number,
  box: Box,
  marks: (() => void)[],
): void {
  const [tcp, udp] = [atlas.tenant(port, 'tcp'), atlas.tenant(port, 'udp')];
  const tenant = tcp ?? udp;
  if (tenant) {
    context.globalAlpha = atlas.isHit(port) ? 1 : 0.18;
    const back = palette.colour('back');
    drawHeld(context, palette.of(tenant), box, tenant.lease !== 0, back);
    // tcp and udp holders of one number get half a cell each.
    if (tcp && udp) {
      context.fillStyle = palette.of(udp);
      context.fillRect(box.x, box.y + box.height / 2, box.width, box.height / 2);
      context.fillStyle = back;
      context.fillRect(box.x, box.y + box.height / 2 - 1, box.width, 1);
    }
    context.globalAlpha = 1;
  } else if (atlas.isReserved(port)) drawReserved(context, palette, box);
  if (atlas.isHazardous(port)) marks.push(() => drawCorner(context, palette, box, tenant !== undefined));
  if (atlas.damage(port) !== undefined) marks.push(() => drawCross(context, palette.colour('damaged'), box));
}

export function drawReserved(context: CanvasRenderingContext2D, palette: Palette, box: Box): void {
  context.fillStyle = palette.colour('reserved');
  context.fillRect(box.x, box.y, box.width, box.height);
  context.strokeStyle = palette.colour('hatch');
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(box.x, box.y + box.height);
  context.lineTo(box.x + box.width, box.y);
  context.stroke();
}

/** Leases are hollow: they will end. */
export function drawHeld(
  context: CanvasRenderingContext2D,
  color: string,
  { x, y, width, height }: Box,
  isLease: boolean,
  back: string,
): void {
  context.fillStyle = color;
  context.fillRect(x, y, width, height);
  if (!isLease) return;
  context.fillStyle = back;
  const edge = Math.max(2, Math.round(width / 5));
  context.fillRect(x + edge, y + edge, width - 2 * edge - 1, height - 2 * edge - 1);
}

export function drawCorner(
  context: CanvasRenderingContext2D,
  palette: Palette,
  { x, y, width, height }: Box,
  isHeld: boolean,
): void {
  const size = Math.min(height, Math.max(3, width * 0.5));
  const right = x + width - 1;
  context.beginPath();
  context.moveTo(right - size, y);
  context.lineTo(right, y);
  context.lineTo(right, y + size);
  context.closePath();
  context.fillStyle = palette.colour('hazard');
  if (isHeld) {
    context.strokeStyle = palette.colour('back');
    context.lineWidth = 2;
    context.stroke();
  }
  context.fill();
}

function drawCross(context: CanvasRenderingContext2D, color: string, { x, y, width, height }: Box): void {
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + width, y + height);
  context.moveTo(x + width, y);
  context.lineTo(x, y + height);
  context.stroke();
}
