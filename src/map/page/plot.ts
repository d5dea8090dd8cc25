import type { Fullness } from '../fullness.js';
import type { Atlas } from './atlas.js';
import { sized } from './dom.js';
import type { Palette } from './palette.js';

const [WIDTH, HEIGHT] = [190, 30];

/** Draws how full a range was over time, scaled to its peak. */
export function drawPlot(
  canvas: HTMLCanvasElement,
  { counts, peak }: Fullness,
  atlas: Atlas,
  palette: Palette,
): void {
  const context = sized(canvas, WIDTH, HEIGHT);
  const [left, bottom] = [1, HEIGHT - 2];
  const x = (span: number) => left + (span / (counts.length - 1)) * (WIDTH - 2);
  const y = (count: number) => bottom - (count / (peak || 1)) * (HEIGHT - 5);
  context.beginPath();
  context.moveTo(x(0), bottom);
  for (const [span, count] of counts.entries()) {
    // The count stays until the next change.
    if (span > 0) context.lineTo(x(span), y(counts[span - 1]!));
    context.lineTo(x(span), y(count));
  }
  context.lineTo(x(counts.length - 1), bottom);
  context.fillStyle = palette.colour('plot-fill');
  context.fill();
  context.strokeStyle = palette.colour('plot');
  context.lineWidth = 1;
  context.stroke();
  const [first, last] = timesOf(atlas);
  const now = left + ((atlas.time - first) / (last - first || 1)) * (WIDTH - 2);
  context.fillStyle = palette.colour('focus');
  context.fillRect(Math.min(now, WIDTH - 2), 0, 1.5, HEIGHT);
}

/** The time at a position in a plot, in milliseconds since 1970. */
export function timeAt(atlas: Atlas, x: number): number {
  const [first, last] = timesOf(atlas);
  return first + shareAt(x) * (last - first);
}

export function countAt({ counts }: Fullness, x: number): number {
  return counts[Math.round(shareAt(x) * (counts.length - 1))]!;
}

function shareAt(x: number): number {
  return Math.max(0, Math.min(1, (x - 1) / (WIDTH - 2)));
}

function timesOf({ history: { times, length } }: Atlas): [first: number, last: number] {
  return [times[0] ?? 0, times[length - 1] ?? 0];
}
