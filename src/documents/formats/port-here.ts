import { parsePortNumber } from '../../../events/port.js';
import { type Place, type PortEntry, placesIn } from './port-entry.js';

/** An entry for digits at an offset; none where they are no port. */
export function portHere(
  digits: string,
  offset: number,
  place: Place,
  more: Partial<PortEntry> = {},
): PortEntry[] {
  const port = parsePortNumber(digits);
  if (port === undefined) return [];
  const entry = { ...place(offset), port, digits: { offset, length: digits.length } };
  return [{ protocol: 'tcp', side: 'host', ...entry, ...more }];
}

/** An entry for each match of a pattern, whose group `port` is the digits. */
export function portsMatching(
  text: string,
  pattern: RegExp,
  more: (match: RegExpMatchArray) => Partial<PortEntry> = () => ({}),
): PortEntry[] {
  const place = placesIn(text);
  return [...text.matchAll(pattern)].flatMap((match) => {
    const digits = match.groups!.port!;
    const offset = match.index + match[0].lastIndexOf(digits);
    return portHere(digits, offset, place, more(match));
  });
}
