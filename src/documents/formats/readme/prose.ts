import { placesIn } from '../port-entry.js';
import { outsideBlock } from './readme.js';

/** A port of this machine that a text speaks of: `localhost:25000`, `http://127.0.0.1:25000/x`. */
export interface SpokenPort {
  port: number;
  line: number;
  column: number;
}

const SPOKEN = /(?:\blocalhost|\b127\.0\.0\.1|\b0\.0\.0\.0|\[::1\]):([1-9]\d{1,4})\b/g;

/** Ports that prose speaks of, those of the block of vports left out. */
export function portsInProse(text: string): SpokenPort[] {
  if (!/localhost:|127\.0\.0\.1:|0\.0\.0\.0:|\[::1\]:/.test(text)) return [];
  const place = placesIn(text);
  const isOutside = outsideBlock(text);
  return [...text.matchAll(SPOKEN)].flatMap((match) => {
    const [whole, digits = ''] = match;
    const offset = match.index + whole.length - digits.length;
    return Number(digits) <= 65_535 && isOutside(offset) ? [{ port: Number(digits), ...place(offset) }] : [];
  });
}
