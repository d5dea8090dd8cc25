/** Values by key, in the order of their first ones. */
export function grouped<Key, T>(all: Iterable<T>, keyOf: (it: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const it of all) {
    const key = keyOf(it);
    const group = groups.get(key);
    if (group) group.push(it);
    else groups.set(key, [it]);
  }
  return groups;
}

/** How many items have each key. */
export function countsBy<Item, Key>(items: Iterable<Item>, keyOf: (it: Item) => Key): Map<Key, number> {
  return new Map([...grouped(items, keyOf)].map(([key, own]) => [key, own.length]));
}
