import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import { mergePolicies } from '../../../src/policy/merge-policies.js';

interface Source {
  format: 1;
  ranges: Record<string, unknown>[];
  default: string;
  reserved: string[];
  lease: { default: string; max: string };
  changes?: string;
}

const BASE: Source = {
  format: 1,
  ranges: [
    { id: 'web', title: 'Web', group: 'apps', from: 20000, to: 20999 },
    { id: 'db', title: 'Databases', group: 'data', from: 22000, to: 22999, match: ['postgres*'] },
  ],
  default: 'web',
  reserved: ['1-1023', '8080'],
  lease: { default: '2h', max: '7d' },
};

type Edit = (policy: Source) => void;
/** Edits by what they touch: any two of different names go together. */
const EDITS: Record<string, Edit> = {
  'the default lease': (it) => {
    it.lease.default = '3h';
  },
  'the longest lease': (it) => {
    it.lease.max = '8d';
  },
  'the rule of changes': (it) => {
    it.changes = 'pull-request';
  },
  'the end of a range': (it) => {
    it.ranges.find(({ id }) => id === 'web')!.to = 20899;
  },
  'the title of a range': (it) => {
    it.ranges.find(({ id }) => id === 'web')!.title = 'Sites';
  },
  'a new range': (it) => void it.ranges.push({ id: 'x', title: 'X', group: 'x', from: 23000, to: 23999 }),
  'another new range': (it) =>
    void it.ranges.unshift({ id: 'a', title: 'A', group: 'a', from: 21000, to: 21999 }),
  'a range that goes': (it) => {
    it.ranges = it.ranges.filter(({ id }) => id !== 'db');
  },
  'a reserved port': (it) => void it.reserved.push('8443'),
  'a port no longer reserved': (it) => {
    it.reserved = it.reserved.filter((port) => port !== '8080');
  },
};

function edited(edits: Edit[]): string {
  const copy = structuredClone(BASE);
  for (const edit of edits) edit(copy);
  copy.ranges.sort((a, b) => Number(a.from) - Number(b.from));
  return `${JSON.stringify(copy, null, 2)}\n`;
}

const sorted = (text: string) => {
  const policy = parse(text) as Source;
  return { ...policy, reserved: [...policy.reserved].sort() };
};

describe('two versions of policy.json', () => {
  test('are merged to what all edits together make, whoever made which', () => {
    const names = fc.uniqueArray(fc.constantFrom(...Object.keys(EDITS)));
    fc.assert(
      fc.property(names, fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (chosen, sides) => {
        const of = (side: boolean) => chosen.filter((_, at) => sides[at] === side).map((it) => EDITS[it]!);
        const [ours, theirs] = [edited(of(true)), edited(of(false))];
        const merged = mergePolicies({ base: edited([]), ours, theirs });
        expect(sorted(merged!)).toEqual(sorted(edited(chosen.map((it) => EDITS[it]!))));
      }),
    );
  });

  test('are left to a person where both change one key, or together break a rule', () => {
    const merge = (ours: Edit, theirs: Edit) =>
      mergePolicies({ base: edited([]), ours: edited([ours]), theirs: edited([theirs]) });
    const lease =
      (time: string): Edit =>
      (it) => {
        it.lease.default = time;
      };
    const range =
      (id: string): Edit =>
      (it) =>
        void it.ranges.push({ id, title: 'X', group: 'x', from: 23000, to: 23999 });
    const longer: Edit = (it) => {
      it.ranges.find(({ id }) => id === 'db')!.to = 23500;
    };
    const shorter: Edit = (it) => {
      it.ranges.find(({ id }) => id === 'db')!.to = 22500;
    };
    expect([
      merge(lease('3h'), lease('4h')),
      merge(range('x'), range('y')),
      merge(range('x'), longer),
      merge(EDITS['a range that goes']!, shorter),
    ]).toEqual([undefined, undefined, undefined, undefined]);
    expect(merge(lease('3h'), lease('3h'))).toBeDefined();
  });

  test('keep the text of theirs where ours changed nothing', () => {
    const theirs = edited([]).replace('"default": "web",', '"default":    "web",');
    const merged = mergePolicies({ base: edited([]), ours: edited([EDITS['the longest lease']!]), theirs });
    expect(merged).toBe(theirs.replace('7d', '8d'));
  });
});
