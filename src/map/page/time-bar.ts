import { authorOf, minute, originOf, sentenceOf } from '../words.js';
import type { Atlas } from './atlas.js';
import { element, elementById, muted, onClick, untrustedText } from './dom.js';

const MOST = 30;
/** Milliseconds to play the whole history, and at most per step. */
const [WHOLE, STEP] = [25_000, 600];

export class TimeBar {
  readonly #slider = elementById<HTMLInputElement>('slider');
  readonly #day = elementById<HTMLInputElement>('day');
  readonly #play = elementById<HTMLButtonElement>('play');
  #playing: { from: number; since: number } | undefined;

  constructor(
    private readonly atlas: Atlas,
    private readonly goTo: (step: number) => void,
  ) {
    const { steps } = atlas.history;
    this.#slider.max = String(steps);
    if (steps > 0) {
      this.#day.min = dayOf(atlas.timeOf(1));
      this.#day.max = dayOf(atlas.timeOf(steps));
    }
    const by = (id: string, step: () => number) =>
      onClick(id, () => {
        this.#pause();
        goTo(step());
      });
    by('back', () => atlas.step - 1);
    by('forth', () => atlas.step + 1);
    by('now', () => steps);
    this.#slider.addEventListener('input', () => {
      this.#pause();
      goTo(Number(this.#slider.value));
    });
    this.#day.addEventListener('change', () => {
      const end = Date.parse(`${this.#day.value}T23:59:59.999Z`);
      if (!Number.isNaN(end)) goTo(atlas.history.stepAt(end));
    });
    onClick('play', () => (this.#playing ? this.#pause() : this.#start()));
  }

  show(): void {
    const { step, history, time } = this.atlas;
    const when = step === 0 ? 'before the first event' : minute(time);
    const events = history.eventsOf(step);
    this.#slider.value = String(step);
    this.#slider.setAttribute('aria-valuetext', [when, ...events.slice(0, 3).map(sentenceOf)].join('; '));
    elementById('when').textContent = when;
    elementById('count').textContent =
      `step ${step.toLocaleString('en')} of ${history.steps.toLocaleString('en')}`;
    if (step > 0) this.#day.value = dayOf(time);
    elementById<HTMLButtonElement>('back').disabled = step === 0;
    elementById<HTMLButtonElement>('forth').disabled = step === history.steps;
    const lines = events.slice(0, MOST).map((event) => {
      const origin = originOf(event);
      const by = muted('span', untrustedText(authorOf(event)), origin ? ` [${origin}]` : '');
      return element('li', {}, untrustedText(sentenceOf(event)), ' ', by);
    });
    const left = events.length - lines.length;
    if (left > 0) lines.push(element('li', { textContent: `and ${left} more` }));
    elementById('changes').replaceChildren(...lines);
  }

  #start(): void {
    const { step, history } = this.atlas;
    this.#playing = { from: step === history.steps ? 0 : step, since: performance.now() };
    this.#play.textContent = 'Pause';
    requestAnimationFrame((now) => this.#go(now));
  }

  #go(now: number): void {
    if (!this.#playing) return;
    const { steps } = this.atlas.history;
    const pace = Math.min(STEP, WHOLE / (steps || 1));
    const step = Math.min(steps, this.#playing.from + Math.floor((now - this.#playing.since) / pace));
    if (step !== this.atlas.step) this.goTo(step);
    if (step < steps) requestAnimationFrame((then) => this.#go(then));
    else this.#pause();
  }

  #pause(): void {
    this.#playing = undefined;
    this.#play.textContent = 'Play';
  }
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
