import { expect, test } from 'vitest';
import { isInside } from '../../../src/files/is-inside.js';

test.each([
  ['/a', '/a', true],
  ['/a', '/a/b', true],
  ['/a', '/a/..b/c', true],
  ['/a', '/a/../b', false],
  ['/a', '/ab', false],
  ['/a/b', '/a', false],
  ['/a', '/', false],
])('given the folder %s, whether %s is inside is %s', (folder, path, inside) => {
  expect(isInside(folder, path)).toBe(inside);
});
