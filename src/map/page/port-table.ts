import { type Atlas, factsOf, type HeldPort } from './atlas.js';
import { button, element, elementById, onClick, untrustedText } from './dom.js';

const PAGE = 50;
const COLUMNS = [
  'Port',
  'Resource',
  'Range',
  'Owner',
  'Since',
  'By',
  'Reason',
  'Commit',
  'Pull request',
  'Lease',
];

export class PortTable {
  readonly #heads: { name: string; cell: HTMLTableCellElement; button: HTMLButtonElement }[];
  #sort = { column: 0, isDown: false };
  #page = 0;
  #size = PAGE;
  #selected: number | undefined;

  constructor(
    private readonly atlas: Atlas,
    private readonly select: (port: number) => void,
  ) {
    this.#heads = COLUMNS.map((name, column) => {
      const sort = () => {
        this.#sort = { column, isDown: this.#sort.column === column && !this.#sort.isDown };
        this.#page = 0;
        this.show(this.#selected);
      };
      const head = button(undefined, sort, name);
      return { name, cell: element('th', { scope: 'col' }, head), button: head };
    });
    elementById('heads').append(...this.#heads.map(({ cell }) => cell));
    const turn = (id: string, by: number) =>
      onClick(id, () => {
        this.#page += by;
        this.show(this.#selected);
      });
    turn('previous', -1);
    turn('next', 1);
  }

  /** Back to the first page, as after a search. */
  restart(): void {
    this.#page = 0;
  }

  /** Without pages, for print; or with them again. */
  showAll(isAll: boolean): void {
    this.#size = isAll ? Number.MAX_SAFE_INTEGER : PAGE;
    this.show(this.#selected);
  }

  show(selected: number | undefined): void {
    const held = this.#sorted();
    if (selected !== undefined && selected !== this.#selected) {
      const place = held.findIndex(({ port }) => port === selected);
      if (place >= 0) this.#page = Math.floor(place / this.#size);
    }
    this.#selected = selected;
    const pages = Math.max(1, Math.ceil(held.length / this.#size));
    this.#page = Math.max(0, Math.min(this.#page, pages - 1));
    const shown = held.slice(this.#page * this.#size, (this.#page + 1) * this.#size);
    elementById('rows').replaceChildren(...shown.map((it) => this.#row(it)));
    elementById('page').textContent =
      `page ${this.#page + 1} of ${pages}, ${held.length.toLocaleString('en')} ${held.length === 1 ? 'port' : 'ports'}`;
    elementById<HTMLButtonElement>('previous').disabled = this.#page === 0;
    elementById<HTMLButtonElement>('next').disabled = this.#page === pages - 1;
    for (const [column, { name, cell, button }] of this.#heads.entries()) {
      const isSorted = column === this.#sort.column;
      cell.ariaSort = isSorted ? (this.#sort.isDown ? 'descending' : 'ascending') : 'none';
      button.textContent = isSorted ? `${name} ${this.#sort.isDown ? '▾' : '▴'}` : name;
    }
  }

  #row(held: HeldPort): HTMLTableRowElement {
    const [[, port], ...facts] = factsOf(held) as [[string, string], ...[string, string][]];
    const link = button('link', () => this.select(held.port), port);
    const others = facts.map(([, value]) => element('td', {}, untrustedText(value)));
    const row = element('tr', {}, element('td', {}, link), ...others);
    row.classList.toggle('chosen', held.port === this.#selected);
    return row;
  }

  #sorted(): HeldPort[] {
    const { column, isDown } = this.#sort;
    const held = this.atlas.held();
    if (column === 0) return isDown ? [...held].reverse() : held;
    const keyed = held.map((it) => ({ it, key: factsOf(it)[column]![1] }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) * (isDown ? -1 : 1));
    return keyed.map(({ it }) => it);
  }
}
