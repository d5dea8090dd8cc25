import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicySource } from '../../../src/policy/default-policy.js';
import { formatDuration, parseDuration } from '../../../src/policy/duration.js';
import {
  coveredByRanges,
  globMatches,
  isReserved,
  rangeById,
  rangeFor,
  rangeOf,
} from '../../../src/policy/policy.js';
import { parsePolicy } from '../../../src/policy/policy-file.js';
import { addRangeToPolicy, setInPolicy } from '../../../src/registry/write/policy-change.js';

const SOURCE = defaultPolicySource();
const policy = parsePolicy(SOURCE);

describe('the default policy', () => {
  test.each([
    ['databases', 20000, 20999],
    ['cache-queue', 21000, 21999],
    ['search-analytics', 22000, 22999],
    ['storage', 23000, 23999],
    ['core-reserved', 24000, 24999],
    ['monitoring', 25000, 25999],
    ['security', 26000, 26999],
    ['ci-cd', 27000, 27999],
    ['documentation', 28000, 28999],
    ['support-reserved', 29000, 29999],
    ['business', 30000, 30999],
    ['productivity', 31000, 31999],
    ['ai-ml', 32000, 32999],
    ['communication', 33000, 33999],
    ['scenarios-reserved', 34000, 34999],
    ['ides', 35000, 35999],
    ['debuggers', 36000, 36999],
    ['build-tools', 37000, 37999],
    ['testing', 38000, 38999],
    ['tools-reserved', 39000, 39999],
    ['dynamic', 40000, 49999],
  ])('has %s at %i-%i', (id, from, to) => {
    expect(rangeById(policy, id)).toMatchObject({ from, to });
  });

  test('sends every pattern of a range to that range and no other', () => {
    for (const range of policy.ranges) {
      for (const pattern of range.match)
        expect(rangeFor(policy, pattern.replaceAll('*', ''))?.id ?? pattern, pattern).toBeOneOf([
          range.id,
          pattern,
        ]);
    }
  });

  test('reserves what is below 10000 and the ranges set aside', () => {
    expect([1, 80, 9999, 24500, 39000].map((port) => isReserved(policy, port))).toEqual([
      true,
      true,
      true,
      true,
      true,
    ]);
    expect([10000, 20000, 40000].map((port) => isReserved(policy, port))).toEqual([false, false, false]);
    expect(rangeOf(policy, 10000)).toBeUndefined();
  });

  test('covers bounds over several ranges, and none that reach outside', () => {
    expect(coveredByRanges(policy, { from: 35000, to: 39999 })).toBe(true);
    expect(coveredByRanges(policy, { from: 19999, to: 20001 })).toBe(false);
    expect(coveredByRanges(policy, { from: 49000, to: 50000 })).toBe(false);
  });
});

describe('a policy.json', () => {
  const lineOf = (needle: string, text = SOURCE) => text.slice(0, text.indexOf(needle)).split('\n').length;

  test.each<[string, string, RegExp | string]>([
    [
      'overlapping ranges',
      SOURCE.replace('"to": 20999', '"to": 21500'),
      'range cache-queue (21000-21999) overlaps databases (20000-21500)',
    ],
    [
      'reversed bounds',
      SOURCE.replace('"to": 20999', '"to": 19000'),
      'range databases ends (19000) before it starts (20000)',
    ],
    [
      'an unknown key',
      SOURCE.replace('"default":', '"defalt": 1,\n  "default":'),
      'the key "defalt" is unknown',
    ],
    [
      'an unknown key in a range',
      SOURCE.replace('"from": 20000,', '"from": 20000, "colour": "red",'),
      '"colour" of the range databases is unknown',
    ],
    [
      'a default that is no range',
      SOURCE.replace('"default": "business"', '"default": "nowhere"'),
      'there is no range nowhere',
    ],
    [
      'a default that is reserved',
      SOURCE.replace('"default": "business"', '"default": "core-reserved"'),
      'is reserved',
    ],
    [
      'a second range of one name',
      SOURCE.replace('"id": "storage"', '"id": "databases"'),
      'duplicate range id databases',
    ],
    [
      'a port of 70000',
      SOURCE.replace('"to": 49999', '"to": 70000'),
      '"to" of the range dynamic must be a whole number from 1 to 65535; found 70000',
    ],
    [
      'a lease longer than its bound',
      SOURCE.replace('"default": "8h"', '"default": "8d"'),
      'longer than lease.max',
    ],
    ['a length of time that is none', SOURCE.replace('"8h"', '"soon"'), 'must be a time like 2h'],
    ['broken JSON', SOURCE.replace('"format": 1,', '"format": 1'), 'expected a comma'],
    ['nothing in it', '', 'expected a value'],
    ['a list in it', '[]', 'policy'],
  ])('with %s is refused, and the line named', (_, text, message) => {
    const parse = () => parsePolicy(text);
    expect(parse).toThrow(expect.objectContaining({ code: 'BAD_POLICY', exitCode: 78 }));
    expect(parse).toThrow(message);
    expect(parse).toThrow(/^policy\.json:\d+: /);
  });

  test('names the very line of what is wrong', () => {
    const text = SOURCE.replace('"to": 20999', '"to": 19000');
    expect(() => parsePolicy(text)).toThrow(`policy.json:${lineOf('"to": 19000', text)}: `);
  });

  test('of a newer format asks for an upgrade', () => {
    expect(() => parsePolicy(SOURCE.replace('"format": 1', '"format": 2'))).toThrow(
      expect.objectContaining({ code: 'LOG_TOO_NEW' }),
    );
  });
});

describe('a change of one value', () => {
  test('leaves every other byte', () => {
    expect(setInPolicy(SOURCE, 'lease.default', '4h')).toBe(SOURCE.replace('"8h"', '"4h"'));
    expect(setInPolicy(SOURCE, 'ranges.databases.to', '20499')).toBe(SOURCE.replace('20999', '20499'));
  });

  test('of a range that is not there is refused', () => {
    expect(() => setInPolicy(SOURCE, 'ranges.nowhere.to', '1')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_RANGE' }),
    );
  });
});

describe('a range inside another one', () => {
  const inside = (from: number, to: number) => ({ id: 'games', title: 'Games', group: 'Others', from, to });
  const bounds = (source: string) =>
    Object.fromEntries(parsePolicy(source).ranges.map(({ id, from, to }) => [id, `${from}-${to}`]));

  test('is refused with what a split would leave', () => {
    expect(() => addRangeToPolicy(SOURCE, inside(30500, 30599))).toThrow(
      expect.objectContaining({
        code: 'BAD_USAGE',
        message: '30500-30599 is inside the range business (30000-30999)',
        hint: 'to split that one, add --split: it becomes business 30000-30499 and business-2 30600-30999, and holders keep their ports',
      }),
    );
  });

  test('splits it: the part above gets an id of its own, and what the range is', () => {
    const source = SOURCE.replace('"to": 30999', '"to": 30999, "owner": "@acme/product", "match": ["web-*"]');
    const split = addRangeToPolicy(source, inside(30500, 30599), { split: true });
    expect(bounds(split)).toEqual({
      ...bounds(SOURCE),
      business: '30000-30499',
      games: '30500-30599',
      'business-2': '30600-30999',
    });
    expect(rangeById(parsePolicy(split), 'business')?.match).toEqual(['web-*']);
    expect(rangeById(parsePolicy(split), 'business-2')).toMatchObject({
      owner: '@acme/product',
      title: 'Business services and APIs',
      match: [],
    });
    expect(
      bounds(addRangeToPolicy(split, { ...inside(30100, 30101), id: 'few' }, { split: true })),
    ).toMatchObject({
      business: '30000-30099',
      'business-3': '30102-30499',
    });
  });

  test('covers the same ports as before, whatever its bounds', () => {
    const ports = fc.tuple(fc.integer({ min: 30000, max: 30999 }), fc.integer({ min: 30000, max: 30999 }));
    fc.assert(
      fc.property(ports, ([one, other]) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        fc.pre(to - from < 999);
        const split = parsePolicy(addRangeToPolicy(SOURCE, inside(from, to), { split: true }));
        for (const port of [30000, from - 1, from, to, to + 1, 30999]) {
          const isInside = port >= from && port <= to;
          const before = rangeOf(policy, port)?.id;
          expect(rangeOf(split, port)?.id.replace(/-2$/, '')).toBe(isInside ? 'games' : before);
        }
        expect(coveredByRanges(split, { from: 30000, to: 30999 })).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['all of it', 30000, 30999],
    ['two of them', 30900, 31100],
  ])('and as large as %s overlaps', (_, from, to) => {
    expect(() => addRangeToPolicy(SOURCE, inside(from, to), { split: true })).toThrow(/overlaps/);
  });
});

describe('a pattern', () => {
  test.each([
    ['postgres*', 'postgres', true],
    ['postgres*', 'postgresql-14', true],
    ['postgres*', 'my-postgres', false],
    ['*-postgres', 'my-postgres', true],
    ['a*b*c', 'a--b--c', true],
    ['a*b*c', 'a--b--', false],
    ['w?b', 'web', true],
    ['*', '', true],
  ])('%s on %s: %s', (pattern, text, matches) => {
    expect(globMatches(pattern, text)).toBe(matches);
  });

  test('agrees with the same pattern as a regular expression', () => {
    const part = fc.stringMatching(/^[ab*?]{0,8}$/);
    fc.assert(
      fc.property(part, fc.stringMatching(/^[ab]{0,8}$/), (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(globMatches(pattern, text)).toBe(expression.test(text));
      }),
    );
  });

  test('of many stars takes no time on a long name', () => {
    expect(globMatches(`${'a*'.repeat(30)}b`, 'a'.repeat(60))).toBe(false);
  });
});

describe('a length of time', () => {
  test.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
  ])('%s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each(['', '0s', '2', 'h', '-2h', '2 h', '2H', '1e3s', '99999999h', '1.5h'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('is written in its two largest units', () => {
    expect([90_000, 7_200_000, 90_061_000, 0].map(formatDuration)).toEqual(['1m 30s', '2h', '1d 1h', '0s']);
  });
});
