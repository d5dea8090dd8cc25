/** Items by a key of theirs, both in their order. */
export function grouped<Item, Key>(items: Iterable<Item>, keyOf: (it: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const it of items) {
    const own = groups.get(keyOf(it));
    if (own) own.push(it);
    else groups.set(keyOf(it), [it]);
  }
  return groups;
}

/** How many items have each key. */
export function countsBy<Item, Key>(items: Iterable<Item>, keyOf: (it: Item) => Key): Map<Key, number> {
  return new Map([...grouped(items, keyOf)].map(([key, own]) => [key, own.length]));
}
