import { parsePortNumber } from '../../../events/port.js';
import type { PortEntry } from './port-entry.js';

type Place = (offset: number) => { line: number; column: number };

/** An entry for digits at an offset; none where they are no port. */
export function portHere(
  digits: string,
  offset: number,
  place: Place,
  more: Partial<PortEntry> = {},
): PortEntry[] {
  const port = parsePortNumber(digits);
  if (port === undefined) return [];
  return [
    {
      ...place(offset),
      protocol: 'tcp',
      side: 'host',
      port,
      digits: { offset, length: digits.length },
      ...more,
    },
  ];
}

/** An entry for each match of a pattern, whose group `port` is the digits. */
export function portsMatching(
  text: string,
  pattern: RegExp,
  place: Place,
  more: (match: RegExpMatchArray) => Partial<PortEntry> = () => ({}),
): PortEntry[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const digits = match.groups!.port!;
    const offset = match.index + match[0].lastIndexOf(digits);
    return portHere(digits, offset, place, more(match));
  });
}
