import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { annotation } from '../../../src/render/annotation.js';
import { renderReview } from '../../../src/render/review.js';
import { csv, fitTable, table } from '../../../src/render/table.js';
import { renderWho } from '../../../src/render/who.js';
import type { Change } from '../../../src/review/changes.js';
import { cutToComment, escapeMarkdown, markdownTable } from '../../../src/review/markdown.js';

describe('a table', () => {
  test('has its columns below each other, numbers to the right, and no blanks at the end', () => {
    expect(
      table(
        ['NAME', 'PORT'],
        [
          ['web', 25000],
          ['a', 7],
        ],
      ),
    ).toBe('NAME   PORT\nweb   25000\na         7');
  });

  test('gives way to a width: the widest columns are cut, the first never, and then the last left out', () => {
    const heading = ['PORT', 'RESOURCE', 'OWNER'];
    const rows = [['25000/tcp', 'a-resource-of-a-long-name', 'the team of the front end']];
    expect(fitTable(heading, rows, 40)).toEqual({
      text: 'PORT       RESOURCE        OWNER\n25000/tcp  a-resource-of…  the team of …',
      hidden: [],
    });
    expect(fitTable(heading, rows, 30)).toEqual({
      text: 'PORT       RESOURCE\n25000/tcp  a-resource-of-a-lo…',
      hidden: ['OWNER'],
    });
    expect(fitTable(heading, rows, 5).hidden).toEqual(['RESOURCE', 'OWNER']);
  });

  test('is never wider than it may be where its first column fits', () => {
    const cell = fc.string({ unit: fc.constantFrom(...'abc 😀'), maxLength: 60 });
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 8 })
          .chain((columns) =>
            fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1 }),
          ),
        fc.integer({ min: 60, max: 200 }),
        ([heading, ...rows], width) => {
          const { text } = fitTable(heading!, rows, width);
          for (const line of text.split('\n')) {
            expect(line.length).toBeLessThanOrEqual(
              Math.max(width, ...[heading!, ...rows].map(([it]) => it!.length)),
            );
            expect(line).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
          }
        },
      ),
    );
  });

  test('as CSV is read back as it was, and no cell of text is a formula', () => {
    const cell = fc.string({ unit: fc.constantFrom(...'ab,"\n\r=+-@ \t') });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const read: string[][] = parse(csv(['one', 'two'], rows));
        for (const [index, row] of rows.entries()) {
          for (const [column, text] of row.entries()) {
            const found = read[index + 1]![column]!;
            expect(found === text || found === `'${text}`).toBe(true);
            expect(found).not.toMatch(/^[=+\-@\t\r]/);
          }
        }
      }),
    );
  });

  test('as Markdown keeps a bar in its cell', () => {
    expect(markdownTable(['A'], [['x|y']])).toBe('| A |\n| --- |\n| x\\|y |');
  });
});

test('a workflow command holds its message and its properties, whatever is in them', () => {
  expect(annotation('error', { file: 'a:b,c', line: 3, title: null }, '50%\n::stop')).toBe(
    '::error file=a%3Ab%2Cc,line=3::50%25%0A::stop',
  );
});

describe('who had a port', () => {
  const holder = {
    resource: 'web',
    name: 'main',
    log: 'registry' as const,
    from: '2026-01-01T00:00:00.000Z',
    until: null,
    by: 'Ada',
    owner: null,
    reason: 'the shop',
    lease: null,
    commit: 'a'.repeat(40),
    merge: null,
    pullRequest: '#7',
    movedFrom: null,
    released: null,
  };
  const was = {
    ...holder,
    resource: 'api',
    until: '2026-03-01T12:00:00.000Z',
    reason: null,
    released: { by: 'Ben', reason: 'moved on', movedTo: 25001, commit: null },
  };

  test('from when to when, why, and how it ended; who has it now leads', () => {
    const now = {
      port: 25000,
      protocol: 'tcp' as const,
      resource: 'web',
      name: 'main',
      range: null,
      owner: null,
      since: holder.from,
      by: 'Ada',
      reason: 'the shop',
      lease: null,
      log: 'registry' as const,
    };
    const text = renderWho({
      port: 25000,
      protocol: 'tcp',
      holder: now,
      holders: [was, holder],
      history: [],
      listeners: [],
    } as never);
    expect(text.split('\n')).toEqual([
      '25000/tcp is held by web since 2026-01-01 00:00Z, by Ada: the shop  [aaaaaaaaaa, #7]',
      '',
      '2026-01-01 00:00Z to 2026-03-01 12:00Z (59 days): api, by Ada  [aaaaaaaaaa, #7]',
      '  released by Ben, moved to 25001: moved on',
    ]);
  });

  test('nobody, where the last holding has ended', () => {
    const text = renderWho({
      port: 25000,
      protocol: 'tcp',
      holder: null,
      holders: [was],
      history: [],
      listeners: [],
    } as never);
    expect(text).toMatch(/^25000\/tcp is free in the registry\n\n2026-01-01/);
  });
});

describe('a review', () => {
  const change: Change = {
    kind: 'moved',
    port: 25001,
    protocol: 'tcp',
    resource: 'web',
    name: 'main',
    from: 25000,
    range: 'monitoring',
    owner: 'team-a',
    by: 'Ada',
    reason: 'a | b',
    since: '2026-01-01T00:00:00.000Z',
  };
  const review = {
    ok: true,
    changes: [change],
    ranges: [
      {
        id: 'monitoring',
        size: 1000,
        before: 1,
        after: 1,
        from: 25000,
        to: 25999,
        strip: `*${'·'.repeat(49)}`,
      },
    ],
    policy: [],
    notes: [],
    problems: [],
    warnings: [],
  };

  test('in words', () => {
    expect(renderReview(review as never, 'text')).toBe(
      'web moves from 25000 to 25001/tcp, held since 2026-01-01 (owner team-a, by Ada): a | b\nmonitoring: 1 -> 1 of 1000 ports held',
    );
  });

  test('as Markdown keeps hostile text in its cell', () => {
    expect(renderReview(review as never, 'markdown')).toContain(
      '| moved | 25000 → 25001/tcp | web | monitoring | team-a | Ada | a \\| b |',
    );
  });

  test('as Markdown draws the ranges that change, letter by letter', () => {
    expect(renderReview(review as never, 'markdown')).toContain(
      `\n\`\`\`text\nmonitoring 25000-25999 |*${'·'.repeat(49)}|\n`,
    );
  });

  test('of nothing says so', () => {
    expect(renderReview({ ...review, changes: [], ranges: [] } as never, 'text')).toBe('no port changes');
  });
});

describe('text of others in a comment', () => {
  test('given any text, when it is escaped, then nobody is mentioned, nothing linked and no cell ended', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            '@',
            'a',
            '#',
            '1',
            '<',
            '|',
            '[',
            ']',
            '(',
            '\\',
            '`',
            '\n',
            ':',
            '/',
            'www.',
            'GH-',
          ),
        }),
        (text) => {
          const told = escapeMarkdown(text);
          expect(told).not.toMatch(/@\w|(?<!&)#\d|:\/\/|\bwww\.|\bGH-|\n/);
          expect(told.replaceAll('\\\\', '')).not.toMatch(/(?<!\\)[<|[\]`]/);
          expect(told.replaceAll('&#8203;', '').replace(/\\(.)/g, '$1')).toBe(text.replaceAll('\n', ' '));
        },
      ),
    );
  });

  test('given more lines than a comment takes, when they are cut, then whole lines stand there and the rest is counted', () => {
    const lines = Array.from({ length: 3000 }, (_, at) => `| ${at} ${'x'.repeat(40)} |`);
    const cut = cutToComment(lines, 'vports review BASE');
    expect(cut.length).toBeLessThan(60_200);
    const kept = cut.split('\n').filter((line) => line.startsWith('|')).length;
    expect(cut.endsWith(`${3000 - kept} more lines do not fit here; see \`vports review BASE\`.`)).toBe(true);
    expect(cutToComment(['a', 'b'], 'x')).toBe('a\nb');
  });
});
