import type { Person } from '../../../events/envelope.js';
import type { Holding } from '../../../events/stream.js';

/** Many holdings as JSON of less than half the size: keys and people are stored once. */
export interface Rows {
  people: Person[];
  /** Sets of keys of holdings, without `by`: there are only a few. */
  shapes: string[][];
  rows: [number, number, ...unknown[]][];
}

export function toRows(holdings: Holding[]): Rows {
  const [people, shapes] = [new Numbered<Person>(), new Numbered<string[]>()];
  const rows = holdings.map(({ by, ...own }): Rows['rows'][number] => {
    const set = Object.entries(own).filter(([, value]) => value !== undefined);
    const keys = set.map(([key]) => key);
    return [
      shapes.of(keys.join(' '), keys),
      people.of(`${by.name}\n${by.email}\n${by.host}`, by),
      ...set.map(([, value]) => value),
    ];
  });
  return { people: people.all, shapes: shapes.all, rows };
}

export function fromRows({ people, shapes, rows }: Rows): Holding[] {
  return rows.map(([shape, person, ...values]) => {
    const holding: Record<string, unknown> = { by: people[person] };
    for (const [index, key] of shapes[shape]!.entries()) holding[key] = values[index];
    return holding as unknown as Holding;
  });
}

class Numbered<T> {
  readonly all: T[] = [];
  readonly #numbers = new Map<string, number>();

  of(key: string, value: T): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(value) - 1;
  }
}
