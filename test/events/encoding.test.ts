import fc from 'fast-check';
import { ulid } from 'ulid';
import { describe, expect, test } from 'vitest';
import { decodeEvent, encodeEvent, TooNew } from '../../events/encoding.js';
import type { PortEvent } from '../../events/event.js';
import { BrokenStream } from '../../events/stream.js';
import { anyEvent } from '../support/any-event.js';

const event: PortEvent = {
  v: 1,
  id: '01JD0000000000000000000000',
  type: 'port.allocated',
  protocol: 'tcp',
  port: 25000,
  version: 1,
  resource: 'my-resource',
  name: 'main',
  range: 'monitoring',
  owner: 'team-web',
  by: { name: 'Ada Lovelace', email: 'ada@example.com', host: 'engine' },
  at: '2026-11-01T12:00:00.000Z',
  reason: 'first of its kind',
  prev: null,
};

describe('an event file', () => {
  test('has exactly the bytes that format 1 says', () => {
    expect(encodeEvent(event)).toBe(`{
  "v": 1,
  "id": "01JD0000000000000000000000",
  "type": "port.allocated",
  "protocol": "tcp",
  "port": 25000,
  "version": 1,
  "resource": "my-resource",
  "name": "main",
  "range": "monitoring",
  "owner": "team-web",
  "by": {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "host": "engine"
  },
  "at": "2026-11-01T12:00:00.000Z",
  "reason": "first of its kind",
  "prev": null
}
`);
  });

  test('comes back as the event it was made from, whatever the order its keys were set in', () => {
    fc.assert(
      fc.property(anyEvent, fc.func(fc.integer()), (it, order) => {
        const shuffled = Object.fromEntries(
          Object.entries(it).sort(([a], [b]) => order(a) - order(b)),
        ) as PortEvent;
        expect(decodeEvent(encodeEvent(shuffled))).toEqual(it);
        expect(encodeEvent(decodeEvent(encodeEvent(it)))).toBe(encodeEvent(it));
      }),
    );
  });

  test.each([
    ['an unknown key', (it: object) => ({ ...it, note: 'x' })],
    ['a missing key', ({ by: _, ...it }: PortEvent) => it],
    ['a port of 0', (it: object) => ({ ...it, port: 0 })],
    ['a fraction', (it: object) => ({ ...it, port: 25000.5 })],
    ['a resource that is a path', (it: object) => ({ ...it, resource: '../x' })],
    ['a control character in the reason', (it: object) => ({ ...it, reason: 'a\u001b[31m' })],
    ['a line separator in the reason', (it: object) => ({ ...it, reason: 'a\u2028b' })],
    ['a reason of 501 characters', (it: object) => ({ ...it, reason: 'a'.repeat(501) })],
    ['a day that is none', (it: object) => ({ ...it, at: '2026-13-45T12:00:00.000Z' })],
    ['a local time', (it: object) => ({ ...it, at: '2026-11-01T12:00:00.000+01:00' })],
    ['an id that is no ULID', (it: object) => ({ ...it, id: 'x' })],
  ])('with %s is refused', (_, change) => {
    expect(() => decodeEvent(`${JSON.stringify(change(event), null, 2)}\n`)).toThrow(BrokenStream);
  });

  test.each([
    ['other white space', encodeEvent(event).replace(/\n {2}/g, '\n    ')],
    ['no final line feed', encodeEvent(event).trimEnd()],
    ['CRLF', encodeEvent(event).replaceAll('\n', '\r\n')],
    ['a key twice', encodeEvent(event).replace('  "v": 1,', '  "v": 1,\n  "v": 1,')],
    [
      'keys in another order',
      `${JSON.stringify(Object.fromEntries(Object.entries(event).reverse()), null, 2)}\n`,
    ],
  ])('with %s is not canonical', (_, text) => {
    expect(() => decodeEvent(text)).toThrow(expect.objectContaining({ problem: 'NOT_CANONICAL' }));
  });

  test('with conflict markers says so', () => {
    expect(() => decodeEvent(`<<<<<<< HEAD\n${encodeEvent(event)}=======\n>>>>>>> other\n`)).toThrow(
      /conflict markers/,
    );
  });

  test.each(['null', '[]', '7', '"x"', ''])('%j is no event', (text) => {
    expect(() => decodeEvent(text)).toThrow(BrokenStream);
  });

  test('of a newer version or an unknown type asks for an upgrade instead of a guess', () => {
    expect(() => decodeEvent(JSON.stringify({ ...event, v: 2 }))).toThrow(TooNew);
    expect(() => decodeEvent(JSON.stringify({ ...event, type: 'port.painted' }))).toThrow(TooNew);
    expect(() => decodeEvent(JSON.stringify({ ...event, type: '__proto__' }))).toThrow(TooNew);
  });

  test('nests a lease owner in order', () => {
    const owner = { pid: 7, started: '1', boot: 'b', pidns: '4' };
    const reordered = { pidns: '4', boot: 'b', started: '1', pid: 7 };
    const lease = (it: object) =>
      ({ ...event, id: ulid(), lease: { expires: event.at, owner: it } }) as PortEvent;
    const [a, b] = [lease(owner), lease(reordered)];
    expect(encodeEvent({ ...b, id: a.id })).toBe(encodeEvent(a));
  });
});
