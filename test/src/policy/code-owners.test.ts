import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { streamPath } from '../../../events/event-path.js';
import { ownersNamed, withRangeOwners } from '../../../src/policy/code-owners.js';
import type { PolicyRange } from '../../../src/policy/policy.js';

function owned(from: number, to: number, owner?: string): PolicyRange {
  return {
    id: 'own',
    title: 'own',
    group: 'own',
    from,
    to,
    dynamic: false,
    reserved: false,
    match: [],
    owner,
  };
}

const GLOBS = { regExp: false };
const linesOf = (ranges: PolicyRange[], text = '') =>
  withRangeOwners(text, { ranges }, GLOBS)!
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('owners of ranges in CODEOWNERS', () => {
  test('are the fewest folders of events that hold the range', () => {
    expect(linesOf([owned(24999, 26100, '@acme/observability')]).filter((it) => it.includes('tcp'))).toEqual([
      '/events/tcp/24xxx/249xx/24999/ @acme/observability',
      '/events/tcp/25xxx/ @acme/observability',
      '/events/tcp/26xxx/260xx/ @acme/observability',
      '/events/tcp/26xxx/261xx/26100/ @acme/observability',
    ]);
    expect(linesOf([owned(1, 999, '@a'), owned(65000, 65535, 'ops@example.com')])).toEqual([
      '/events/tcp/00xxx/ @a',
      '/events/udp/00xxx/ @a',
      '/events/tcp/65xxx/ ops@example.com',
      '/events/udp/65xxx/ ops@example.com',
    ]);
  });

  test('hold every port of the range and no other', () => {
    const bounds = fc.tuple(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 0, max: 3000 }));
    fc.assert(
      fc.property(bounds, ([from, size]) => {
        const to = Math.min(from + size, 65535);
        const folders = linesOf([owned(from, to, '@a')]).map((line) => line.split(' ')[0]!.slice(1));
        const holds = (port: number) =>
          folders.filter((it) => `${streamPath({ port, protocol: 'tcp' })}/`.startsWith(it)).length;
        for (const port of [from, to, Math.floor((from + to) / 2)]) expect(holds(port)).toBe(1);
        expect(folders.join('\n')).not.toContain('/00000/');
        for (const port of [from - 1, to + 1].filter((it) => it >= 1 && it <= 65535))
          expect(holds(port)).toBe(0);
      }),
    );
  });

  test.each([
    'team-observability',
    '@a @b',
    '@a\n* @mallory',
    '@a # all',
    '* @mallory',
    '@',
    'a@b',
    '@acme/',
  ])('%j is nobody whom a host can ask, and gets no line', (owner) => {
    expect(withRangeOwners('* @all\n', { ranges: [owned(25000, 25999, owner)] }, GLOBS)).toBe('* @all\n');
  });

  test('go into their block and leave the rest as it is, line ends too', () => {
    const text = '* @all\r\n# vports: owners of ranges\r\n/old/ @gone\r\n# vports: end\r\n/docs/ @docs\r\n';
    const now = withRangeOwners(text, { ranges: [owned(25000, 25999, '@a')] }, GLOBS)!;
    expect(now).toBe(
      '* @all\r\n# vports: owners of ranges\r\n/events/tcp/25xxx/ @a\r\n/events/udp/25xxx/ @a\r\n# vports: end\r\n/docs/ @docs\r\n',
    );
    expect(withRangeOwners(now, { ranges: [owned(25000, 25999, '@a')] }, GLOBS)).toBe(now);
    expect(withRangeOwners(now, { ranges: [owned(25000, 25999)] }, GLOBS)).toBe(
      text.replace('/old/ @gone\r\n', ''),
    );
    expect(withRangeOwners('# vports: owners of ranges\n', { ranges: [] }, GLOBS)).toBeUndefined();
  });

  test('are regular expressions for Gitea and Forgejo', () => {
    const text = withRangeOwners('', { ranges: [owned(25000, 25999, '@a')] }, { regExp: true })!;
    const [pattern] = text.split('\n')[1]!.split(' ');
    expect('events/tcp/25xxx/250xx/25000/0001.json').toMatch(new RegExp(`^${pattern}$`));
  });
});

describe('owners that CODEOWNERS names', () => {
  const text =
    '# @comment\n  # /old @indented\n* @acme/all\n/events/ @Acme/Web @ben ops@example.com # not @later\r\n[Section] @s\n/x @other/web';

  test.each([
    [['web'], ['@Acme/Web', '@other/web']],
    [['@acme/web'], ['@Acme/Web']],
    [['Ben', 'ben'], ['@ben']],
    [['ops@example.com', 'example.com'], ['ops@example.com']],
    [['comment', 'indented', 'later', 'events', '', '@'], []],
  ])('are, for %j', (owners, named) => expect(ownersNamed(text, owners)).toEqual(named));
});
