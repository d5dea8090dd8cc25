import type { Person } from './envelope.js';

/** Names people; with their address if several addresses share a name. */
export function namesAmong(people: Iterable<Person>): (person: Person) => string {
  const addresses = new Map<string, Set<string>>();
  for (const { name, email } of people) {
    const known = addresses.get(name.toLowerCase()) ?? new Set();
    addresses.set(name.toLowerCase(), known.add(email.toLowerCase()));
  }
  return ({ name, email }) =>
    (addresses.get(name.toLowerCase())?.size ?? 0) > 1 ? `${name} <${email}>` : name;
}
