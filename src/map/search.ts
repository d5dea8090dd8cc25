/** Whether each word of a search is in one of the facts, ignoring case. */
export type Fits = (facts: string[]) => boolean;

export function searchFor(query: string): Fits | undefined {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return (facts) => {
    const all = facts.map((it) => it.toLowerCase());
    return words.every((word) => all.some((fact) => fact.includes(word)));
  };
}
