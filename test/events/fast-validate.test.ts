import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeEvent } from '../../events/encoding.js';
import { type EventType, eventTypes, type PortEvent } from '../../events/event.js';
import { isCertainlyValid } from '../../events/fast-validate.js';
import { KEYS } from '../../events/keys.js';
import { ownerOf } from '../../events/lease.js';
import { anyEvent } from '../support/any-event.js';

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    '',
    0,
    -1,
    1.5,
    2,
    65536,
    1e21,
    'tcp',
    'udp',
    'port.renewed',
    'port.released',
    'port.moved',
    '01JD0000000000000000000000',
    '8ZZZZZZZZZZZZZZZZZZZZZZZZZ',
    '2026-02-31T12:00:00.000Z',
    '2026-13-01T12:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    '2026-01-32T12:00:00.000Z',
    'web',
    'Web',
    '25000',
    'a\u0007b',
    'a\u2028b',
    'x'.repeat(501),
    {},
    { expires: '2026-01-01T12:00:00.000Z' },
    { expires: 'x' },
    { name: 'a', email: 'b', host: 'c' },
    { email: 'b', name: 'a', host: 'c' },
    { name: 'a', email: 'b', host: 'c', more: 1 },
    { name: 'a', email: '', host: 'c' },
  ),
  fc.string(),
  fc.integer(),
);

/** Events as they are written, with keys taken out, put in, given other values or turned around. */
const nearly = fc
  .tuple(
    anyEvent,
    fc.array(fc.tuple(fc.constantFrom<string>(...KEYS, 'more', '__proto__'), odd), { maxLength: 3 }),
    fc.array(fc.constantFrom<string>(...KEYS), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([event, changes, gone, reversed]) => {
    const entries = new Map(Object.entries(JSON.parse(encodeEvent(event)) as object));
    for (const [key, value] of changes) entries.set(key, value);
    for (const key of gone) entries.delete(key);
    return Object.fromEntries(reversed ? [...entries].reverse() : entries) as Record<string, unknown>;
  });

function asSchemasHaveIt(it: Record<string, unknown>): boolean {
  if (!Object.hasOwn(eventTypes, String(it.type))) return false;
  const parsed = eventTypes[it.type as EventType].schema.safeParse(it);
  return parsed.success && encodeEvent(parsed.data as PortEvent) === `${JSON.stringify(it, null, 2)}\n`;
}

test('what is plainly sound is so by the schemas too, with its keys in order', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        nearly,
        anyEvent.map((it) => JSON.parse(encodeEvent(it))),
      ),
      (it) => {
        if (isCertainlyValid(it)) expect(asSchemasHaveIt(it)).toBe(true);
      },
    ),
    { numRuns: process.env.VPORTS_TEST_THOROUGH ? 5_000 : 1_000 },
  );
});

test('and what vports writes is plainly sound, but for leases with owners', () => {
  fc.assert(
    fc.property(anyEvent, (it) => {
      const owner = 'lease' in it && ownerOf(it.lease) !== undefined;
      expect(isCertainlyValid(JSON.parse(encodeEvent(it)))).toBe(!owner);
    }),
  );
});
