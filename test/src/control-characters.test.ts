import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeControlCharacters, safeJson } from '../../src/control-characters.js';

const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

test('nothing that could steer a terminal is left, and plain text stays as it is', () => {
  expect(escapeControlCharacters('a\u001b[31mb\u007f\u009b\u202e\u200f')).toBe(
    'a\\x1b[31mb\\x7f\\x9b\\u202e\\u200f',
  );
  expect(escapeControlCharacters('Grüße, 日本\n\tok')).toBe('Grüße, 日本\n\tok');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => !STEERING.test(escapeControlCharacters(text))),
  );
});

test('JSON comes back as what it was, whatever is in it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = safeJson(value, indent);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(text).not.toMatch(STEERING);
    }),
  );
});
