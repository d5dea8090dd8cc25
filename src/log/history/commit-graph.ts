const NONE = -1;

/** A branch's commits, numbered from the head on. Made for a million: on a straight line each takes only its name. */
export class CommitGraph {
  readonly names: string[] = [];
  /** Parents, except for a single parent that is the next commit. */
  readonly #parents = new Map<number, string[]>();
  #expected: string | undefined;

  add(name: string, parents: string[]): void {
    const number = this.names.push(name) - 1;
    if (this.#expected === name) this.#parents.delete(number - 1);
    this.#expected = parents.length === 1 ? parents[0] : undefined;
    this.#parents.set(number, parents);
  }

  /** For each commit off the first-parent line, the merge on that line that brought it; by number. */
  arrivals(): Map<number, number> {
    const parents = this.#numbered();
    const line: number[] = [];
    const settled = new Uint8Array(this.names.length);
    for (let at = this.names.length > 0 ? 0 : NONE; at !== NONE; at = parents(at)[0] ?? NONE) {
      line.push(at);
      settled[at] = 1;
    }
    const via = new Map<number, number>();
    for (const merge of line.reverse()) {
      const open = parents(merge).slice(1);
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        if (at === NONE || settled[at] === 1) continue;
        settled[at] = 1;
        via.set(at, merge);
        open.push(...parents(at));
      }
    }
    return via;
  }

  /** Numbers of a commit's parents; NONE for one outside. */
  #numbered(): (number: number) => number[] {
    const wanted = new Map([...this.#parents.values()].flat().map((name) => [name, NONE]));
    for (const [number, name] of this.names.entries()) if (wanted.has(name)) wanted.set(name, number);
    return (number) => {
      const names = this.#parents.get(number);
      return names ? names.map((name) => wanted.get(name)!) : [number + 1];
    };
  }
}
