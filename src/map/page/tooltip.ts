import type { Atlas } from './atlas.js';
import { element, elementById, factsList } from './dom.js';
import { withAge } from './port-panel.js';

/** Describes the port under the pointer. Screen readers get it from the selection. */
export function showTip(atlas: Atlas, port: number | undefined, x: number, y: number): void {
  const tip = elementById('tip');
  tip.hidden = port === undefined;
  if (port === undefined) return;
  const holders = atlas.holders(port);
  const state = holders.length > 0 ? '' : atlas.isReserved(port) ? `${port} is reserved` : `${port} is free`;
  const hazards = atlas
    .hazards(port)
    .map((it) => element('p', { className: 'hazard', textContent: `◥ ${it}` }));
  tip.replaceChildren(
    ...(state ? [element('p', { textContent: state })] : []),
    ...holders.map((held) => factsList(withAge(held, atlas.time))),
    ...hazards,
  );
  place(tip, x, y);
}

export function showTipText(text: string | undefined, x: number, y: number): void {
  const tip = elementById('tip');
  tip.hidden = text === undefined;
  if (text === undefined) return;
  tip.replaceChildren(element('p', { textContent: text }));
  place(tip, x, y);
}

function place(tip: HTMLElement, x: number, y: number): void {
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.min(x + 14, innerWidth - width - 8);
  const top = y + 18 + height > innerHeight ? y - height - 10 : y + 18;
  tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
}
