import { attempt, refusalIn } from '../../attempt.js';
import { badUsage, VportsError } from '../../errors.js';
import { rangesIn, withRangeInserted, withValue } from '../../policy/edit-policy.js';
import type { Bounds } from '../../policy/policy.js';
import { parsePolicy } from '../../policy/policy-file.js';

/**
 * The policy's text with one value changed: `lease.default`, `default`, `reserved`, `ranges.databases.to`. A value that
 * is JSON is taken as such, anything else as a string. Everything else in the text stays as it is.
 * Throws BAD_USAGE for a key that is not there, and for a value that a sound policy cannot have.
 */
export function setInPolicy(source: string, key: string, value: string): string {
  const path = pathOf(source, key);
  const edited = attempt(() => withValue(source, path, asJson(value)));
  if (edited === undefined)
    throw badUsage(
      `unknown policy key ${JSON.stringify(key.slice(0, 80))}`,
      'the keys are lease.default, lease.max, default, reserved and ranges.ID.KEY',
    );
  return soundly(source, edited);
}

/** A change that a sound policy cannot have is a usage error: there is no line of the file to mend. */
function soundly(source: string, edited: string): string {
  const problem = refusalIn(() => parsePolicy(edited));
  if (problem?.code !== 'BAD_POLICY' || refusalIn(() => parsePolicy(source))) return edited;
  throw badUsage(
    problem.message.replace(/^policy\.json:\d+: /, ''),
    'nothing was changed: `vports policy show` prints the policy, `vports schema policy` what it may have',
  );
}

export interface NewRange extends Bounds {
  id: string;
  title: string;
  group: string;
  dynamic?: true;
  reserved?: true;
  match?: string[];
  owner?: string;
}

/**
 * Inserted in order of ports. With `split` the range around it becomes what is left of it: a part above gets an id of its own.
 * Throws BAD_USAGE if the id is taken, and without `split` for a range inside another one.
 */
export function addRangeToPolicy(source: string, range: NewRange, { split = false } = {}): string {
  const ranges = rangesIn<NewRange>(source);
  if (ranges.some(({ id }) => id === range.id)) {
    throw badUsage(
      `range ${range.id} already exists`,
      `to change it: \`vports policy set ranges.${range.id}.to PORT\``,
    );
  }
  const outer = ranges.find((it) => it.from <= range.from && it.to >= range.to);
  const isAll = outer?.from === range.from && outer.to === range.to;
  const rest = outer && !isAll ? withoutPart(outer, range, ranges) : [];
  if (outer && rest.length > 0 && !split) {
    const left = rest.map(({ id, from, to }) => `${id} ${from}-${to}`).join(' and ');
    throw badUsage(
      `${range.from}-${range.to} is inside the range ${outer.id} (${outer.from}-${outer.to})`,
      `to split that one, add --split: it becomes ${left}, and holders keep their ports`,
    );
  }
  let text = source;
  for (const it of rest)
    text = it.id === outer?.id ? withBounds(text, it.id, it) : withRangeInserted(text, it);
  return soundly(source, withRangeInserted(text, range));
}

/** What is left of a range without a part of it. The first part keeps the id, and the patterns: a second one would never be asked. */
function withoutPart(outer: NewRange, { from, to }: Bounds, ranges: NewRange[]): NewRange[] {
  const below = { ...outer, to: from - 1 };
  const above = { ...outer, from: to + 1 };
  if (from === outer.from) return [above];
  if (to === outer.to) return [below];
  const isTaken = (id: string) => ranges.some((it) => it.id === id);
  let number = 2;
  while (isTaken(`${outer.id}-${number}`)) number++;
  const { match: _, ...rest } = above;
  return [below, { ...rest, id: `${outer.id}-${number}` }];
}

function withBounds(source: string, id: string, { from, to }: Bounds): string {
  const set = (text: string, key: 'from' | 'to', port: number) =>
    withValue(text, pathOf(text, `ranges.${id}.${key}`), port);
  return set(set(source, 'from', from), 'to', to);
}

/** Throws UNKNOWN_RANGE, and BAD_USAGE for bounds that a sound policy cannot have. */
export function moveRangeInPolicy(source: string, id: string, bounds: Bounds): string {
  return soundly(source, withBounds(source, id, bounds));
}

export function removeRangeFromPolicy(source: string, id: string): string {
  return withValue(source, pathOf(source, `ranges.${id}`), undefined);
}

function pathOf(source: string, key: string): (string | number)[] {
  const [first = '', second, ...rest] = key.split('.');
  if (first !== 'ranges' || second === undefined)
    return [first, ...(second === undefined ? [] : [second]), ...rest];
  const index = rangesIn(source).findIndex(({ id }) => id === second);
  if (index < 0) {
    throw new VportsError('UNKNOWN_RANGE', `unknown range ${JSON.stringify(second.slice(0, 80))}`, {
      hint: 'see `vports ranges`, or add one with `vports policy add-range`',
    });
  }
  return ['ranges', index, ...rest];
}

function asJson(text: string): unknown {
  const value = attempt(() => JSON.parse(text));
  return value === undefined ? text : value;
}
