import { authorOf, labelOf, minute, originOf, sentenceOf, span } from '../words.js';
import { type Atlas, factsOf, type HeldPort } from './atlas.js';
import { button, element, elementById, factsList, muted, untrustedText } from './dom.js';

const MOST = 100;
const LATEST = 12;

interface PanelEvents {
  goTo(step: number): void;
  select(port: number): void;
  close(): void;
}

export class PortPanel {
  readonly #panel = elementById('details');
  readonly #port = elementById('port');

  constructor(
    private readonly atlas: Atlas,
    private readonly events: PanelEvents,
  ) {}

  show(port: number | undefined): void {
    this.#panel.classList.toggle('chosen', port !== undefined);
    if (port === undefined) {
      const hint = muted('p', 'Select a port to see its holder and its history.');
      this.#port.replaceChildren(hint, ...this.#latest());
      return;
    }
    const close = button('close', () => this.events.close(), 'Close');
    this.#port.replaceChildren(
      element('h2', {}, `Port ${port}`, close),
      ...this.#stateOf(port),
      ...this.#hazardsOf(port),
      ...this.#pastOf(port),
    );
  }

  #latest(): Node[] {
    const held = this.atlas.held();
    if (held.length === 0) return [];
    const lines = [...held]
      .sort((a, b) => b.at - a.at)
      .slice(0, LATEST)
      .map((it) => {
        const port = button('link', () => this.events.select(it.port), `${it.port}/${it.protocol}`);
        return element('li', {}, port, ' ', untrustedText(labelOf(it)), ' ', muted('span', minute(it.at)));
      });
    const title = `${held.length.toLocaleString('en')} ${this.atlas.isSearching ? 'found' : 'held'}, the latest first`;
    return [element('h3', { textContent: title }), element('ul', {}, ...lines)];
  }

  #stateOf(port: number): Node[] {
    const holders = this.atlas.holders(port);
    const range = this.atlas.rangeOf(port);
    if (holders.length > 0) return holders.map((held) => factsList(withAge(held, this.atlas.time)));
    const place = range ? element('span', {}, ', in ', untrustedText(range)) : ', in no range';
    return [element('p', {}, this.atlas.isReserved(port) ? 'reserved' : 'free', place)];
  }

  #hazardsOf(port: number): Node[] {
    const damage = this.atlas.damage(port);
    const hazards = [
      ...(damage === undefined ? [] : [`its history is unreadable: ${damage}`]),
      ...this.atlas.hazards(port),
      ...this.atlas.spansOf(port),
    ];
    if (hazards.length === 0) return [];
    const lines = hazards.map((it) => element('li', { className: 'hazard' }, '◥ ', untrustedText(it)));
    return [element('ul', {}, ...lines)];
  }

  #pastOf(port: number): Node[] {
    const events = this.atlas.eventsOf(port);
    if (events.length === 0) return [muted('p', 'No events yet.')];
    const lines = events.slice(0, MOST).map((event) => {
      const goThere = () => this.events.goTo(this.atlas.history.stepOf(event.index));
      const origin = originOf(event);
      const more = `${authorOf(event)}${origin ? `  [${origin}]` : ''}`;
      const when = button('link', goThere, minute(event.at));
      return element(
        'li',
        {},
        when,
        ' ',
        untrustedText(sentenceOf(event)),
        ' ',
        muted('span', untrustedText(more)),
      );
    });
    const left = events.length - lines.length;
    if (left > 0) lines.push(element('li', { textContent: `and ${left} older events` }));
    return [element('h3', { textContent: 'History' }), element('ul', {}, ...lines)];
  }
}

export function withAge(held: HeldPort, now: number): [string, string][] {
  return factsOf(held).map(([name, value]) =>
    name === 'Since' ? [name, `${value} (${span(now - held.at)})`] : [name, value],
  );
}

/** Describes a port for screen readers. */
export function spoken(atlas: Atlas, port: number): string {
  const holders = atlas.holders(port);
  const hazards = [...atlas.hazards(port)].map((it) => `; ${it}`).join('');
  if (holders.length === 0) return `${port}: ${atlas.isReserved(port) ? 'reserved' : 'free'}${hazards}`;
  const sentences = holders.map((held) => {
    const facts = withAge(held, atlas.time).filter(
      ([name, value]) => value && name !== 'Port' && name !== 'Resource',
    );
    return `${held.port}/${held.protocol}: ${labelOf(held)}; ${facts.map(([name, value]) => `${name} ${value}`).join('; ')}`;
  });
  return sentences.join('. ') + hazards;
}
