import { isPortName } from '../../../events/names.js';
import type { FoundEntry, NamedEntry } from './tree-entry.js';

/** What is inside a container has ports of its own. */
export const INSIDE = 'inside a container';

export function named(
  entry: FoundEntry,
  resource: string,
  name: string,
  { knownAs = [], skipped }: { knownAs?: readonly string[]; skipped?: string | undefined } = {},
): NamedEntry {
  return {
    ...entry,
    resource,
    name,
    knownAs: [...new Set([resource, ...knownAs])],
    ...(skipped !== undefined && { skipped }),
  };
}

/** A name that no other entry of the resource has: what is wished for, else what else is at hand. */
export function freeName(taken: ReadonlySet<string>, wishes: (string | undefined)[]): string {
  const usable = wishes.filter((it): it is string => it !== undefined && isPortName(it));
  const free = usable.find((it) => !taken.has(it));
  if (free !== undefined) return free;
  for (let count = 2; ; count++) {
    const name = `${usable[0] ?? 'p'}-${count}`.slice(-31);
    if (!taken.has(name)) return name;
  }
}
