import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeOfEvent } from '../../../../events/event-path.js';
import { numberAt, numberOf, refOf } from '../../../../src/log/history/event-number.js';

const digits = (length: number) => fc.stringMatching(new RegExp(`^\\d{${length}}$`));
/** Paths that look like those of events, most of which no event may have. */
const path = fc
  .tuple(fc.constantFrom('tcp', 'udp', 'sctp'), digits(5), fc.constantFrom(4, 5, 6).chain(digits))
  .chain(([protocol, port, version]) =>
    fc.constantFrom(
      `events/${protocol}/${port.slice(0, 2)}xxx/${port.slice(0, 3)}xx/${port}/${version}.json`,
      `events/${protocol}/${port.slice(1, 3)}xxx/${port.slice(0, 3)}xx/${port}/${version}.json`,
    ),
  );

test('a path has a number where an event may stand there, and another than all others', () => {
  fc.assert(
    fc.property(path, (it) => {
      const place = placeOfEvent(it);
      expect(numberAt(it)).toBe(place && numberOf(place.ref, place.version));
      if (place) expect(refOf(numberAt(it)!)).toEqual(place.ref);
    }),
  );
});

test('a file at a port that there is not tells nothing of another one', () => {
  expect(numberAt('events/tcp/99xxx/999xx/99999/0001.json')).toBeUndefined();
  expect(numberAt('events/udp/34xxx/344xx/34463/0001.json')).toBe(
    numberOf({ protocol: 'udp', port: 34463 }, 1),
  );
});
