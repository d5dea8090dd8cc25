import { countsBy } from '../../grouped.js';
import type { Tenant } from '../moment.js';
import type { Atlas } from './atlas.js';

export type ColourBy = 'owner' | 'resource' | 'age';

const DAY = 86_400_000;
/** Age groups with a colour each, in milliseconds, youngest first. */
const AGES: [upTo: number, words: string][] = [
  [7 * DAY, 'up to a week'],
  [30 * DAY, 'a month'],
  [91 * DAY, 'a quarter'],
  [365 * DAY, 'a year'],
  [3 * 365 * DAY, 'three years'],
  [Number.POSITIVE_INFINITY, 'longer'],
];

export class Palette {
  by: ColourBy = 'owner';
  readonly #ranks: Map<number, number>;
  #style = getComputedStyle(document.documentElement);
  #owners: string[] = [];
  #ages: string[] = [];
  #colours = new Map<string, string>();

  constructor(private readonly atlas: Atlas) {
    this.#ranks = new Map(mostGranted(atlas).map((owner, rank) => [owner, rank]));
    this.read();
  }

  /** Reads the colours again, as after a change of the scheme. */
  read(): void {
    this.#style = getComputedStyle(document.documentElement);
    this.#colours.clear();
    this.#owners = this.colour('owners').split(' ');
    this.#ages = this.colour('ages').split(' ');
  }

  colour(name: string): string {
    const known = this.#colours.get(name) ?? this.#style.getPropertyValue(`--${name}`).trim();
    this.#colours.set(name, known);
    return known;
  }

  of({ grant, owner }: Tenant): string {
    const { history, time } = this.atlas;
    if (this.by === 'resource') return this.#hue(history.columns.resources[grant]!);
    if (this.by === 'owner') return this.#owners[this.#ranks.get(owner) ?? -1] ?? this.colour('other');
    const age = time - history.times[grant]!;
    return this.#ages[AGES.findIndex(([upTo]) => age < upTo)]!;
  }

  /** The meaning of the colours, most common first. `query` finds the ports of a colour. */
  legend(): { colour: string; words: string; query?: string }[] {
    if (this.by === 'resource') return [];
    if (this.by === 'age') return AGES.map(([, words], index) => ({ colour: this.#ages[index]!, words }));
    const { strings } = this.atlas.data.events;
    const named = [...this.#ranks].slice(0, this.#owners.length).map(([owner, rank]) => {
      const words = strings[owner] ?? '';
      return { colour: this.#owners[rank]!, words, query: words };
    });
    return [
      ...named,
      { colour: this.colour('other'), words: named.length === 0 ? 'no owner' : 'others, or no owner' },
    ];
  }

  /** Depends on the resource's name alone. */
  #hue(resource: number): string {
    const text = this.atlas.data.events.strings[resource] ?? '';
    let hash = 0;
    for (let index = 0; index < text.length; index++) hash = (hash * 31 + text.charCodeAt(index)) >>> 0;
    return `hsl(${(hash * 137) % 360} 55% ${this.colour('lightness')})`;
  }
}

function mostGranted({ history }: Atlas): number[] {
  const owners = history.columns.owners.filter((it) => it !== 0);
  return [...countsBy(owners, (it) => it)].sort(([, a], [, b]) => b - a).map(([owner]) => owner);
}
