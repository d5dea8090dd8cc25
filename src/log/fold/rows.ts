import type { Person } from '../../../events/envelope.js';
import type { Holding } from '../../../events/stream.js';

/** Many holdings as JSON of less than half the size: keys and people are told once. */
export interface Rows {
  people: Person[];
  /** The keys that holdings have, but for `by`: most have one of a few sets. */
  shapes: string[][];
  /** Each with the number of its shape, of its person, and its values. */
  rows: [number, number, ...unknown[]][];
}

export function toRows(holdings: Holding[]): Rows {
  const [people, shapes] = [new Numbered<Person>(), new Numbered<string[]>()];
  const rows = holdings.map(({ by, ...own }): Rows['rows'][number] => {
    const told = Object.entries(own).filter(([, value]) => value !== undefined);
    const keys = told.map(([key]) => key);
    return [
      shapes.of(keys.join(' '), keys),
      people.of(`${by.name}\n${by.email}\n${by.host}`, by),
      ...told.map(([, value]) => value),
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

/** What is told by a number once it has been told. */
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
