import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import { VportsError } from '../../errors.js';

const FORMATTING = { insertSpaces: true, tabSize: 2 };

/**
 * The policy's text with one value changed: `lease.default`, `default`, `reserved`, `ranges.databases.to`. A value that
 * is JSON is taken as such, anything else as a string. Everything else in the text stays as it is.
 * Throws BAD_USAGE for a key that is not there.
 */
export function setInPolicy(source: string, key: string, value: string): string {
  const path = pathOf(source, key);
  try {
    const edits = modify(source, path, asJson(value), { formattingOptions: FORMATTING });
    return applyEdits(source, edits);
  } catch {
    throw new VportsError('BAD_USAGE', `unknown policy key ${JSON.stringify(key.slice(0, 80))}`, {
      hint: 'the keys are lease.default, lease.max, default, reserved and ranges.ID.KEY',
    });
  }
}

export interface NewRange {
  id: string;
  title: string;
  group: string;
  from: number;
  to: number;
  dynamic?: true;
  reserved?: true;
  match?: string[];
}

/** Inserted in order of ports. Throws BAD_USAGE if the id is taken. */
export function addRangeToPolicy(source: string, range: NewRange): string {
  const ranges = rangesIn(source);
  if (ranges.some(({ id }) => id === range.id)) {
    throw new VportsError('BAD_USAGE', `range ${range.id} already exists`, {
      hint: `to change it: \`vports policy set ranges.${range.id}.to PORT\``,
    });
  }
  const higher = ranges.findIndex(({ from }) => Number(from) > range.from);
  const at = higher < 0 ? ranges.length : higher;
  return applyEdits(
    source,
    modify(source, ['ranges', at], range, { formattingOptions: FORMATTING, isArrayInsertion: true }),
  );
}

export function removeRangeFromPolicy(source: string, id: string): string {
  const edits = modify(source, pathOf(source, `ranges.${id}`), undefined, { formattingOptions: FORMATTING });
  return applyEdits(source, edits);
}

function rangesIn(source: string): { id?: unknown; from?: unknown }[] {
  const root = parseTree(source);
  const ranges = root && findNodeAtLocation(root, ['ranges']);
  return (ranges?.children ?? []).map((it) => ({
    id: findNodeAtLocation(it, ['id'])?.value,
    from: findNodeAtLocation(it, ['from'])?.value,
  }));
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
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
