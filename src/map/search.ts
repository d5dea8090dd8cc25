/** Whether facts fit a search: each of its words stands in one of them, whatever its case. */
export type Fits = (facts: string[]) => boolean;

/** Undefined for a search without words, which everything would fit. */
export function searchFor(query: string): Fits | undefined {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return (facts) => {
    const all = facts.map((it) => it.toLowerCase());
    return words.every((word) => all.some((fact) => fact.includes(word)));
  };
}
