import type { Bounds } from '../../policy/policy.js';
import type { Fullness } from '../fullness.js';
import { belongsTo, type Strip } from '../strips.js';
import { labelOf, minute } from '../words.js';
import type { Atlas } from './atlas.js';
import { drawCells, GUTTER, type Layout, layoutOf, portAt } from './cells.js';
import { element, sized, untrustedText } from './dom.js';
import type { Palette } from './palette.js';
import { countAt, drawPlot, timeAt } from './plot.js';

export interface StripEvents {
  select(port: number | undefined): void;
  hover(port: number | undefined, x: number, y: number): void;
  hoverText(text: string | undefined, x: number, y: number): void;
  goToTime(time: number): void;
  goTo(step: number): void;
}

/** A strip of ports: a picture to look at, and for keyboard and screen readers a listbox whose one option is the current port. */
export class StripView {
  readonly root: HTMLElement;
  readonly #canvas = element('canvas', { ariaHidden: 'true' });
  readonly #plot = element('canvas', { className: 'plot', role: 'slider', tabIndex: 0 });
  readonly #counts = element('p');
  readonly #cells: HTMLElement;
  readonly #option: HTMLElement;
  #layout: Layout = { columns: 1, cell: 1, tops: [0] };
  #context: CanvasRenderingContext2D | undefined;
  #isNear = false;
  #paint: (() => void) | undefined;

  constructor(
    readonly strip: Strip,
    private readonly fullness: Fullness | undefined,
    private readonly atlas: Atlas,
    private readonly palette: Palette,
    private readonly events: StripEvents,
  ) {
    const [first, last] = this.#bounds();
    const id = `option-${strip.range ? first : 'outside'}`;
    this.#option = element('div', { id, role: 'option', className: 'unseen' });
    this.#cells = element(
      'div',
      { className: 'cells', role: 'listbox', tabIndex: 0 },
      this.#canvas,
      this.#option,
    );
    this.#cells.setAttribute('aria-activedescendant', id);
    const heading = element('h3', {}, untrustedText(strip.id), ` ${first}–${last}`);
    const title = element('p', {}, untrustedText(strip.title));
    const { range } = strip;
    const dangers = atlas.data.spans.filter(
      (it) => it.isHere && range && it.from <= range.to && it.to >= range.from,
    );
    const hazards = dangers.map(({ from, to, what }) =>
      element('p', { className: 'hazard' }, `◥ ${from}–${to}: `, untrustedText(what)),
    );
    const about = element('div', { className: 'about' }, title, this.#counts);
    const head = element('div', {}, heading, about, ...hazards);
    this.root = element('section', { className: 'strip' });
    this.root.append(element('div', { className: 'strip-head' }, head, this.#plot), this.#cells);
    this.#plot.hidden = fullness === undefined || fullness.peak === 0;
    this.#plot.ariaLabel = `${strip.id}: ports held over time`;
    this.#plot.ariaValueMin = '0';
    this.#plot.ariaValueMax = String(atlas.history.steps);
    this.#listen();
  }

  /** Sizes in CSS pixels. */
  layOut(width: number, columns: number): void {
    this.#layout = layoutOf(this.strip.rows, width, columns);
    const { cell, tops } = this.#layout;
    this.#context = sized(this.#canvas, GUTTER + cell * columns + 2, tops.at(-1)! + 2);
  }

  draw(selected: number | undefined): void {
    const mine = selected !== undefined && this.has(selected) ? selected : undefined;
    const counts = this.#countWords();
    this.#counts.textContent = counts;
    this.#cells.ariaLabel = `${this.strip.id}: ${counts}`;
    this.#plot.ariaValueNow = String(this.atlas.step);
    this.#plot.ariaValueText = `${minute(this.atlas.time)}: ${counts}`;
    this.#showOption(mine);
    this.#paint = () => {
      if (this.#context) drawCells(this.#context, this.atlas, this.palette, this.strip, this.#layout, mine);
      if (this.fullness && !this.#plot.hidden) drawPlot(this.#plot, this.fullness, this.atlas, this.palette);
    };
    if (this.#isNear) this.paintNow();
  }

  /** Whether it is on or near the screen; others are painted when they come near. */
  set isNear(isNear: boolean) {
    this.#isNear = isNear;
    if (isNear) this.paintNow();
  }

  /** Paints what was drawn last, even if it is far from the screen. */
  paintNow(): void {
    this.#paint?.();
    this.#paint = undefined;
  }

  has(port: number): boolean {
    const { range, rows } = this.strip;
    if (range) return port >= range.from && port <= range.to;
    return rows.some(({ from, to }) => port >= from && port <= to) && this.#belongs(port);
  }

  focus(port: number): void {
    this.#cells.focus({ preventScroll: true });
    const row = this.strip.rows.findIndex(({ from, to }) => port >= from && port <= to);
    const top = this.#cells.getBoundingClientRect().top + this.#layout.tops[row]!;
    if (top < 150 || top > innerHeight - 80) scrollBy({ top: top - innerHeight / 2 });
  }

  #belongs(port: number): boolean {
    return belongsTo(this.strip, this.atlas.data.ranges, port);
  }

  #bounds(): [number, number] {
    return [this.strip.rows[0]!.from, this.strip.rows.at(-1)!.to];
  }

  #countWords(): string {
    const ports = this.atlas.heldNumbers().filter((port) => this.has(port)).length;
    const { range } = this.strip;
    if (this.atlas.isSearching) return `${ports} found`;
    if (!range) return `${ports} held`;
    const size = range.to - range.from + 1;
    const percent = Math.round((ports / size) * 100);
    const share = ports === 0 ? '' : percent === 0 ? ' (under 1 %)' : ` (${percent} %)`;
    const peak = this.fullness && this.fullness.peak > 0 ? `, at most ${this.fullness.peak}` : '';
    const then = this.atlas.policy.ranges.find(({ id }) => id === range.id);
    const kind = then?.reserved ? ', reserved' : range.dynamic ? ', for leases' : '';
    return `${ports} of ${size} held${share}${peak}${kind}${pastBounds(range, then)}`;
  }

  #showOption(selected: number | undefined): void {
    const [first] = this.#bounds();
    const port = selected ?? first;
    const holders = this.atlas.holders(port).map((it) => `${labelOf(it)} (${it.protocol})`);
    const state = this.atlas.isReserved(port) ? 'reserved' : 'free';
    this.#option.textContent = `${port}: ${holders.join(', ') || state}`;
    this.#option.ariaSelected = String(selected !== undefined);
  }

  #listen(): void {
    const at = ({ offsetX, offsetY }: MouseEvent) => {
      const port = portAt(this.strip, this.#layout, offsetX, offsetY);
      return port !== undefined && this.#belongs(port) ? port : undefined;
    };
    this.#canvas.addEventListener('pointermove', (event) => {
      if (event.pointerType === 'mouse') this.events.hover(at(event), event.clientX, event.clientY);
    });
    this.#canvas.addEventListener('pointerleave', () => this.events.hover(undefined, 0, 0));
    this.#canvas.addEventListener('click', (event) => this.events.select(at(event)));
    this.#cells.addEventListener('keydown', (event) => this.#onKey(event));
    this.#plot.addEventListener('pointermove', ({ offsetX, clientX, clientY }) => {
      const time = timeAt(this.atlas, offsetX);
      const count = countAt(this.fullness!, offsetX);
      this.events.hoverText(`${minute(time)}: ${count} held. Click to go there.`, clientX, clientY);
    });
    this.#plot.addEventListener('pointerleave', () => this.events.hoverText(undefined, 0, 0));
    this.#plot.addEventListener('click', ({ offsetX }) => this.events.goToTime(timeAt(this.atlas, offsetX)));
    this.#plot.addEventListener('keydown', (event) => this.#onPlotKey(event));
  }

  /** From change to change of this range. */
  #onPlotKey(event: KeyboardEvent): void {
    const { step, history } = this.atlas;
    const changes = history.stepsOf((port) => this.has(port));
    const moves: Record<string, number | undefined> = {
      ArrowLeft: changes.findLast((it) => it < step) ?? 0,
      ArrowRight: changes.find((it) => it > step),
      Home: 0,
      End: history.steps,
    };
    if (!(event.key in moves) || event.altKey || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const next = moves[event.key];
    if (next !== undefined) this.events.goTo(next);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') this.events.select(undefined);
    const [first, last] = this.#bounds();
    const current = Number(this.#option.textContent?.split(':')[0]);
    const isStart = this.#option.ariaSelected !== 'true';
    const lines = this.#layout.columns;
    const moves: Record<string, number> = {
      ArrowRight: current + 1,
      ArrowLeft: current - 1,
      ArrowDown: current + lines,
      ArrowUp: current - lines,
      PageDown: current + lines * 5,
      PageUp: current - lines * 5,
      Home: first,
      End: last,
      Enter: current,
    };
    const next = moves[event.key];
    if (next === undefined || event.altKey || event.metaKey) return;
    event.preventDefault();
    const toHeld = event.ctrlKey && event.key.startsWith('Arrow');
    const forward = event.key === 'ArrowRight' || event.key === 'ArrowDown';
    const wanted = toHeld
      ? this.#nextHeld(isStart && forward ? current - 1 : current, forward)
      : isStart
        ? current
        : next;
    if (wanted !== undefined && wanted >= first && wanted <= last && this.has(wanted))
      this.events.select(wanted);
  }

  #nextHeld(from: number, forward: boolean): number | undefined {
    const ports = this.atlas.heldNumbers().filter((port) => this.has(port));
    return forward ? ports.find((port) => port > from) : ports.findLast((port) => port < from);
  }
}

/** What the policy of the moment said, where that differs from today's. */
function pastBounds(range: Bounds, then: Bounds | undefined): string {
  if (!then) return ', not in the policy then';
  return then.from === range.from && then.to === range.to ? '' : `, ${then.from}–${then.to} then`;
}
