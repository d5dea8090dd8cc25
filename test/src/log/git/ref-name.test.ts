import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBranchName } from '../../../../src/log/git/ref-name.js';

test.each(['main', 'fix/#12', 'größe', '日本', 'a@b', 'feature/x.y', '{x}', 'dependabot/npm_and_yarn/x-1.2'])(
  '%s is the name of a branch',
  (name) => expect(isBranchName(name)).toBe(true),
);

test('whatever it takes, git takes too', () => {
  const part = fc.string({
    unit: fc.constantFrom(...'ab./@{}-~^:?*[\\ #é\u0001\u007f'),
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(part, (name) => {
      fc.pre(isBranchName(name));
      const { status } = spawnSync('git', ['check-ref-format', `refs/heads/${name}`]);
      expect(status, JSON.stringify(name)).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test.each([
  '',
  '-x',
  'a..b',
  'a.lock',
  '.a',
  'a/.b',
  'a/',
  '/a',
  'a b',
  'a~1',
  'a^',
  'a:b',
  'a?',
  'a*',
  'a[',
  'a\\b',
  '@',
  'HEAD',
  'a@{1}',
  'a.',
  'a\nb',
  '\ud800',
])('%j is not', (name) => expect(isBranchName(name)).toBe(false));
