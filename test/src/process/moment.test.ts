import { expect, test } from 'vitest';
import { parseMoment, passedBetween, thisMoment } from '../../../src/process/moment.js';

test('given two moments of one boot, what passed between them is told, and of two boots nothing is', () => {
  const [first, second] = [thisMoment(), thisMoment()];
  expect(passedBetween(first, { ...first, at: first.at + 5 })).toBe(5);
  expect(passedBetween({ ...first, at: first.at + 5 }, first)).toBe(-5);
  expect(passedBetween(first, second)).toBeGreaterThanOrEqual(0);
  expect(passedBetween({ ...first, boot: 'another' }, second)).toBeUndefined();
  expect(passedBetween({ boot: '', at: 1 }, { boot: '', at: 2 })).toBeUndefined();
  expect(passedBetween(undefined, second)).toBeUndefined();
});

test('given text, only what a moment says of itself is one', () => {
  const now = thisMoment();
  expect(parseMoment(JSON.stringify(now))).toEqual(now);
  for (const text of [
    '',
    '{"boot',
    '1795760239105',
    'null',
    '{"boot": 1, "at": 2}',
    '{"boot": "x", "at": null}',
  ])
    expect(parseMoment(text)).toBeUndefined();
});
