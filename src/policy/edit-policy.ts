import {
  applyEdits,
  findNodeAtLocation,
  getNodeValue,
  type JSONPath,
  type ModificationOptions,
  modify,
  parseTree,
} from 'jsonc-parser';
import type { Bounds } from './policy.js';

/** The text of a policy with another value at a path, or without it, and all else as it was. */
export function withValue(
  text: string,
  path: JSONPath,
  value: unknown,
  options: ModificationOptions = {},
): string {
  const formattingOptions = { insertSpaces: true, tabSize: 2 };
  return applyEdits(text, modify(text, path, value, { formattingOptions, ...options }));
}

/** In order of ports. */
export function withRangeInserted(text: string, range: { id: string; from: number }): string {
  const ranges = rangesIn(text);
  const higher = ranges.findIndex(({ from }) => from > range.from);
  const at = higher < 0 ? ranges.length : higher;
  return withValue(text, ['ranges', at], range, { isArrayInsertion: true });
}

/** As they are written: nothing of them is checked. */
export function rangesIn<Range extends Bounds & { id: string }>(text: string): Range[] {
  const root = parseTree(text);
  const ranges = root && findNodeAtLocation(root, ['ranges']);
  return (ranges?.children ?? []).map((it) => ({ ...getNodeValue(it) }));
}
