/** The candidate closest to `text`, if at most a third of its letters differ; of two, the one that begins with it. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  let [found, least]: [string | undefined, number] = [undefined, Math.floor(text.length / 3) + 1];
  for (const it of candidates) {
    const distance = distanceBetween(text, it, least + 1);
    const isBetter = distance < least || (distance === least && found !== undefined && it.startsWith(text));
    if (isBetter) [found, least] = [it, distance];
  }
  return found;
}

/** Damerau-Levenshtein distance: letters inserted, deleted, replaced or swapped; `most` where it would be larger. */
function distanceBetween(one: string, other: string, most: number): number {
  if (Math.abs(one.length - other.length) >= most) return most;
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      let cost = Math.min(last[column]! + 1, next[column - 1]! + 1, last[column - 1]! + (isSame ? 0 : 1));
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (row > 1 && column > 1 && isSwapped) cost = Math.min(cost, before[column - 2]! + 1);
      next.push(cost);
    }
    [before, last] = [last, next];
  }
  return last.at(-1)!;
}
