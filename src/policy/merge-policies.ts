import { parse } from 'jsonc-parser';
import { unlessRefused } from '../attempt.js';
import { rangesIn, withRangeInserted, withValue } from './edit-policy.js';
import { parsePolicy } from './policy-file.js';

type Values = Record<string, unknown>;
/** A policy as one value for each key: `lease.default`, `ranges.databases.to`, `reserved.8080`. */
type Flat = Map<string, unknown>;

/**
 * Two versions of policy.json merged key by key: the text of `theirs` with what `ours` has changed since `base`. Undefined where both
 * changed one key, each in its own way, and where the two together are no valid policy.
 */
export function mergePolicies({ base, ours, theirs }: Record<'base' | 'ours' | 'theirs', string>) {
  return unlessRefused(() => {
    for (const text of [base, ours, theirs]) parsePolicy(text);
    const [was, mine, other] = [base, ours, theirs].map((text) => flatten(parse(text))) as [Flat, Flat, Flat];
    const merged = mergeFlat(was, mine, other);
    if (merged === undefined) return undefined;
    const text = withValues(theirs, merged, other);
    parsePolicy(text);
    return text;
  });
}

function mergeFlat(base: Flat, ours: Flat, theirs: Flat): Flat | undefined {
  const merged: Flat = new Map();
  for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
    const [was, mine, other] = [base, ours, theirs].map((it) => JSON.stringify(it.get(key)));
    if (mine !== was && other !== was && mine !== other) return undefined;
    const from = other === was ? ours : theirs;
    if (from.has(key)) merged.set(key, from.get(key));
  }
  return merged;
}

function flatten(policy: Values): Flat {
  const flat: Flat = new Map();
  for (const [key, value] of Object.entries(policy)) {
    if (key === 'ranges')
      for (const { id, ...range } of value as (Values & { id: string })[])
        for (const [name, it] of Object.entries(range)) flat.set(`ranges.${id}.${name}`, it);
    else if (key === 'reserved') for (const it of value as string[]) flat.set(`reserved.${it}`, it);
    else if (typeof value === 'object')
      for (const [name, it] of Object.entries(value as Values)) flat.set(`${key}.${name}`, it);
    else flat.set(key, value);
  }
  return flat;
}

/** Edits only what differs from `now`, so that the rest of the text stays as it is. */
function withValues(text: string, wanted: Flat, now: Flat): string {
  const isOf = (key: string, group: string) => key.startsWith(`${group}.`);
  const changed = [...new Set([...wanted.keys(), ...now.keys()])].filter(
    (key) => JSON.stringify(wanted.get(key)) !== JSON.stringify(now.get(key)),
  );
  const set = (path: (string | number)[], value: unknown) => {
    text = withValue(text, path, value);
  };
  for (const key of changed)
    if (!isOf(key, 'ranges') && !isOf(key, 'reserved')) set(key.split('.'), wanted.get(key));
  if (changed.some((key) => isOf(key, 'reserved')))
    set(
      ['reserved'],
      [...wanted].filter(([key]) => isOf(key, 'reserved')).map(([, it]) => it),
    );
  for (const id of new Set(changed.filter((key) => isOf(key, 'ranges')).map((key) => key.split('.')[1]!))) {
    const range = Object.fromEntries(
      [...wanted]
        .filter(([key]) => isOf(key, `ranges.${id}`))
        .map(([key, it]) => [key.split('.')[2]!, it] as const),
    );
    const at = rangesIn(text).findIndex((it) => it.id === id);
    if (Object.keys(range).length === 0) set(['ranges', at], undefined);
    else if (at >= 0)
      for (const key of changed.filter((it) => isOf(it, `ranges.${id}`)))
        set(['ranges', at, key.split('.')[2]!], wanted.get(key));
    else text = withRangeInserted(text, { id, ...range, from: Number(range.from) });
  }
  return text;
}
