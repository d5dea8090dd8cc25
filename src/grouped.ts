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
