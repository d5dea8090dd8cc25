import { applyEdits, findNodeAtLocation, modify, parseTree } from 'jsonc-parser';
import { VportsError } from '../../errors.js';

/**
 * The policy's text with one value changed: `lease.default`, `default`, `reserved`, `ranges.databases.to`. A value that
 * is JSON is taken as such, anything else as a string. Everything else in the text stays as it is.
 * Throws BAD_USAGE for a key that is not there.
 */
export function setInPolicy(source: string, key: string, value: string): string {
  const path = pathOf(source, key);
  try {
    const edits = modify(source, path, asJson(value), {
      formattingOptions: { insertSpaces: true, tabSize: 2 },
    });
    return applyEdits(source, edits);
  } catch {
    throw new VportsError('BAD_USAGE', `the policy has no place for ${JSON.stringify(key.slice(0, 80))}`, {
      hint: 'keys are lease.default, lease.max, default, reserved and ranges.ID.KEY',
    });
  }
}

function pathOf(source: string, key: string): (string | number)[] {
  const root = parseTree(source);
  const [first = '', second, ...rest] = key.split('.');
  if (first !== 'ranges' || second === undefined)
    return [first, ...(second === undefined ? [] : [second]), ...rest];
  const ranges = root && findNodeAtLocation(root, ['ranges']);
  const index = (ranges?.children ?? []).findIndex((it) => findNodeAtLocation(it, ['id'])?.value === second);
  if (index < 0) {
    throw new VportsError('UNKNOWN_RANGE', `no range is called ${JSON.stringify(second.slice(0, 80))}`, {
      hint: '`vports ranges` shows them; `vports policy edit` adds one',
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
