import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stripOf } from '../../../src/review/strip.js';

const held = (...ports: number[]) => ports.map((port) => ({ port }));
const change = (port: number, from: number | null = null) => ({ port, from, kind: 'any' });

test('a range is fifty characters that tell what is held, and what is taken, given back or updated', () => {
  const range = { from: 20000, to: 20999 };
  const before = held(20000, 20020, 20500, ...Array.from({ length: 20 }, (_, each) => 20980 + each));
  const after = before.filter(({ port }) => port !== 20020).concat(held(20040));
  const changes = [change(20020), change(20040), change(20500)];
  expect(stripOf(range, before, after, changes)).toBe(`░-+${'·'.repeat(22)}*${'·'.repeat(23)}█`);
});

test('a move is told at both its ends, in whichever range they are', () => {
  const changes = [change(20001, 30001)];
  expect(stripOf({ from: 20000, to: 20003 }, held(30001), held(20001), changes)).toBe('·+··');
  expect(stripOf({ from: 30000, to: 30003 }, held(30001), held(20001), changes)).toBe('·-··');
});

test('no range has more characters than ports, and none more than fifty', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60000 }), fc.integer({ min: 0, max: 5000 }), (from, more) => {
      const strip = stripOf({ from, to: from + more }, [], held(from), []);
      expect(strip).toHaveLength(Math.min(50, more + 1));
    }),
  );
});
