import { drawCorner, drawHeld, drawReserved } from './cells.js';
import { button, element, elementById, sized, untrustedText } from './dom.js';
import type { Palette } from './palette.js';

const BOX = { x: 0, y: 0, width: 14, height: 14 };

/** Explains colours and marks. The colour of an owner is a button that searches for the owner. */
export function showLegend(palette: Palette, query: string, search: (query: string) => void): void {
  const key = (words: string, draw: (context: CanvasRenderingContext2D) => void, found?: string) => {
    const canvas = element('canvas', { ariaHidden: 'true' });
    draw(sized(canvas, BOX.width, BOX.height));
    if (found === undefined) return element('span', { className: 'key' }, canvas, untrustedText(words));
    const toggle = () => search(query === found ? '' : found);
    const made = button('key', toggle, canvas, untrustedText(words));
    return Object.assign(made, { title: 'search for it', ariaPressed: String(query === found) });
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
  elementById('legend').replaceChildren(...colours, ...marks);
}
