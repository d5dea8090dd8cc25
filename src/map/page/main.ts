import { fullnessOf } from '../fullness.js';
import type { MapData } from '../map-data.js';
import { stripsOf } from '../strips.js';
import { labelOf, minute } from '../words.js';
import { Atlas } from './atlas.js';
import { columnsFor } from './cells.js';
import { button, elementById, untrustedText } from './dom.js';
import { showLegend } from './legend.js';
import { type ColourBy, Palette } from './palette.js';
import { PortPanel, spoken } from './port-panel.js';
import { PortTable } from './port-table.js';
import { StripView } from './strip-view.js';
import { TimeBar } from './time-bar.js';
import { showTip, showTipText } from './tooltip.js';

const SPANS = 190;

/** Holds selection and search; all changes go from here to the parts of the page. */
class Page {
  readonly #atlas: Atlas;
  readonly #palette: Palette;
  readonly #panel: PortPanel;
  readonly #table: PortTable;
  readonly #time: TimeBar;
  readonly #search = elementById<HTMLInputElement>('search');
  readonly #watcher = new IntersectionObserver((seen) => this.#watch(seen), { rootMargin: '300px' });
  #strips: StripView[] = [];
  #columns = 0;
  #width = 0;
  #selected: number | undefined;

  constructor(data: MapData) {
    this.#atlas = new Atlas(data);
    this.#palette = new Palette(this.#atlas);
    this.#panel = new PortPanel(this.#atlas, {
      goTo: (step) => this.#goTo(step),
      select: (port) => this.#select(port, true),
      close: () => this.#select(undefined),
    });
    this.#table = new PortTable(this.#atlas, (port) => this.#select(port, true));
    this.#time = new TimeBar(this.#atlas, (step) => this.#goTo(step));
    this.#listen();
    this.#showTitle(data);
    this.#showLegend();
    this.#layOut();
    this.#draw();
  }

  #showTitle({ registry, until }: MapData): void {
    const { length, steps } = this.#atlas.history;
    document.title = `Ports of ${registry}`;
    elementById('title').replaceChildren('Ports of ', untrustedText(registry));
    const end = length === 0 ? '' : `, the last on ${minute(this.#atlas.timeOf(steps))}`;
    const asked = until === null ? '' : `, limited by --at ${until}`;
    elementById('about').textContent = `${length.toLocaleString('en')} events${end}${asked}`;
  }

  #listen(): void {
    this.#search.addEventListener('input', () => this.#searchFor(this.#search.value));
    this.#search.addEventListener('keydown', ({ key }) => {
      const [first] = this.#atlas.held();
      if (key === 'Enter' && this.#atlas.isSearching && first) this.#select(first.port, true);
    });
    const colour = elementById<HTMLSelectElement>('colour');
    colour.addEventListener('change', () => {
      this.#palette.by = colour.value as ColourBy;
      this.#showLegend();
      this.#drawStrips();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
      this.#palette.read();
      this.#showLegend();
      this.#drawStrips();
    });
    addEventListener('beforeprint', () => this.#showAll(true));
    addEventListener('afterprint', () => this.#showAll(false));
    new ResizeObserver(() => this.#layOut()).observe(elementById('strips'));
  }

  /** On paper: every row of the table and every strip, in the colours of the light scheme. */
  #showAll(isPrinting: boolean): void {
    document.documentElement.toggleAttribute('data-printing', isPrinting);
    this.#palette.read();
    this.#table.showAll(isPrinting);
    this.#showLegend();
    this.#drawStrips();
    if (isPrinting) for (const strip of this.#strips) strip.paintNow();
  }

  #goTo(step: number): void {
    this.#atlas.goTo(step);
    this.#draw();
  }

  #searchFor(query: string): void {
    this.#search.value = query;
    this.#atlas.search(query);
    this.#table.restart();
    this.#showLegend();
    this.#draw();
  }

  #select(port: number | undefined, scrollsThere = false): void {
    this.#selected = port;
    elementById('spoken').textContent = port === undefined ? '' : spoken(this.#atlas, port);
    showTip(this.#atlas, undefined, 0, 0);
    this.#panel.show(port);
    this.#table.show(port);
    this.#drawStrips();
    if (scrollsThere && port !== undefined) this.#strips.find((it) => it.has(port))?.focus(port);
  }

  #layOut(): void {
    const { clientWidth } = elementById('strips');
    if (clientWidth === this.#width) return;
    this.#width = clientWidth;
    // Wide screens show two strips side by side.
    const perLine = clientWidth >= 1340 ? 2 : 1;
    for (const strips of document.querySelectorAll<HTMLElement>('.strips'))
      strips.style.gridTemplateColumns = `repeat(${perLine}, minmax(0, 1fr))`;
    const width = (clientWidth - (perLine - 1) * 28) / perLine - 6;
    const columns = columnsFor(width);
    if (columns !== this.#columns) this.#makeStrips(columns);
    for (const strip of this.#strips) strip.layOut(width, columns);
    this.#drawStrips();
  }

  #makeStrips(columns: number): void {
    this.#columns = columns;
    const { data, history } = this.#atlas;
    const fullness = fullnessOf(history, data.ranges, SPANS);
    this.#strips = stripsOf(data, history, columns).map(
      (strip, index) =>
        new StripView(strip, fullness[index], this.#atlas, this.#palette, {
          select: (port) => this.#select(port),
          hover: (port, x, y) => showTip(this.#atlas, port, x, y),
          hoverText: showTipText,
          goToTime: (time) => this.#goTo(history.stepAt(time)),
          goTo: (step) => this.#goTo(step),
        }),
    );
    this.#watcher.disconnect();
    this.#placeStrips();
    for (const { root } of this.#strips) this.#watcher.observe(root);
  }

  /** Ranges that never had a port come last, and closed. */
  #placeStrips(): void {
    const rootsOf = (isUsed: boolean) =>
      this.#strips.filter((it) => it.strip.isUsed === isUsed).map(({ root }) => root);
    const unused = elementById('unused');
    const roots = rootsOf(false);
    elementById('strips').replaceChildren(...rootsOf(true));
    unused.querySelector('.strips')!.replaceChildren(...roots);
    unused.querySelector('summary')!.textContent =
      roots.length === 1
        ? '1 range without any holder so far'
        : `${roots.length} ranges without any holder so far`;
    unused.hidden = roots.length === 0;
  }

  #watch(seen: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const strip = this.#strips.find(({ root }) => root === target);
      if (strip) strip.isNear = isIntersecting;
    }
  }

  #showLegend(): void {
    showLegend(this.#palette, this.#search.value, (query) => this.#searchFor(query));
  }

  #draw(): void {
    this.#time.show();
    this.#panel.show(this.#selected);
    this.#table.show(this.#selected);
    this.#showFound();
    this.#drawStrips();
  }

  #drawStrips(): void {
    for (const strip of this.#strips) strip.draw(this.#selected);
  }

  #showFound(): void {
    const found = elementById('found');
    found.replaceChildren();
    if (!this.#atlas.isSearching) return;
    const count = this.#atlas.held().length;
    const last = count === 0 ? this.#atlas.lastMatch() : undefined;
    found.replaceChildren(count === 1 ? '1 port found' : `${count.toLocaleString('en')} ports found`);
    if (!last) return;
    const there = `last seen ${minute(last.at)} on ${last.port}, `;
    const goThere = () => this.#goTo(this.#atlas.history.stepOf(last.index));
    found.append('; ', button('link', goThere, there, untrustedText(labelOf(last))));
  }
}

/** The data in the page are compressed: see src/map/html.ts. */
async function unpacked(): Promise<MapData> {
  const binary = atob(elementById('data').textContent ?? '');
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Response(stream).json();
}

// In a file there is nobody to ask.
if (location.protocol === 'http:')
  new EventSource(`${location.pathname}events`).addEventListener('message', () => location.reload());

unpacked()
  .then((data) => new Page(data))
  .then(() => document.documentElement.setAttribute('data-ready', ''))
  .catch((error: Error) => {
    const trouble = elementById('trouble');
    trouble.hidden = false;
    trouble.textContent = `This map cannot be shown: ${error.message}. It needs a browser from 2023 or later.`;
  });
