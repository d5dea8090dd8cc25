import { drawCorner, drawHeld, drawReserved } from './cells.js';
import { element, foreign, part, sized } from './dom.js';
import type { Palette } from './palette.js';

const BOX = { x: 0, y: 0, width: 14, height: 14 };

/** What colours and marks stand for. What stands for an owner searches for it. */
export function showLegend(palette: Palette, query: string, search: (query: string) => void): void {
  const key = (words: string, draw: (context: CanvasRenderingContext2D) => void, found?: string) => {
    const canvas = element('canvas', { ariaHidden: 'true' });
    draw(sized(canvas, BOX.width, BOX.height));
    if (found === undefined) return element('span', { className: 'key' }, canvas, foreign(words));
    const button = element(
      'button',
      { type: 'button', className: 'key', title: 'search for it' },
      canvas,
      foreign(words),
    );
    button.ariaPressed = String(query === found);
    button.addEventListener('click', () => search(query === found ? '' : found));
    return button;
  };
  const back = palette.colour('back');
  const marks = [
    key('free', (context) => drawHeld(context, palette.colour('free'), BOX, false, back)),
    key('reserved', (context) => drawReserved(context, palette, BOX)),
    key('lease', (context) => drawHeld(context, palette.colour('other'), BOX, true, back)),
    key('hazard: IANA or browsers', (context) => {
      drawHeld(context, palette.colour('free'), BOX, false, back);
      drawCorner(context, palette, BOX, false);
    }),
    key('changed at this step', (context) => {
      context.strokeStyle = palette.colour('text');
      context.lineWidth = 2;
      context.strokeRect(1, 1, 12, 12);
    }),
  ];
  const colours = palette
    .legend()
    .map(({ colour, words, query: found }) =>
      key(words, (context) => drawHeld(context, colour, BOX, false, back), found),
    );
  part('legend').replaceChildren(...colours, ...marks);
}
