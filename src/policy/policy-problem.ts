/** Describes an invalid policy in terms of the file instead of a schema's paths. */

/** `"from" of the range databases must be a whole number; found "x"`. */
export function invalidValue(policy: unknown, at: PropertyKey[], must: string): string {
  const value = valueAt(policy, at);
  const is = value === undefined ? 'is missing' : `${must}; found ${JSON.stringify(value).slice(0, 60)}`;
  return `${inWords(policy, at)} ${is}`;
}

/** `"foo" of the range databases is unknown`. */
export function unknownKey(policy: unknown, at: PropertyKey[]): string {
  const key = JSON.stringify(String(at.at(-1)).slice(0, 60));
  return at.length === 1 ? `the key ${key} is unknown` : `${inWords(policy, at)} is unknown`;
}

function inWords(policy: unknown, at: PropertyKey[]): string {
  if (at.length === 0) return 'the policy';
  const [last, around] = [at.at(-1)!, at.slice(0, -1)];
  if (typeof last === 'number') return `entry ${last + 1} of ${inWords(policy, around)}`;
  const name = JSON.stringify(String(last).slice(0, 60));
  if (around.length === 0) return name;
  if (around[0] !== 'ranges' || around.length !== 2) return `${name} of ${inWords(policy, around)}`;
  const id = valueAt(policy, [...around, 'id']);
  const range =
    typeof id === 'string' ? `the range ${id.slice(0, 63)}` : `range number ${Number(around[1]) + 1}`;
  return `${name} of ${range}`;
}

function valueAt(value: unknown, at: PropertyKey[]): unknown {
  return at.reduce<unknown>(
    (it, key) =>
      typeof it === 'object' && it !== null && Object.hasOwn(it, key)
        ? (it as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}
