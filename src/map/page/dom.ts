/** Elements of the page. Text from a registry is only ever inserted as text. */

type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function button(
  className: 'link' | 'key' | 'close' | undefined,
  work: () => void,
  ...children: Child[]
): HTMLButtonElement {
  const made = element('button', { type: 'button', ...(className && { className }) }, ...children);
  made.addEventListener('click', work);
  return made;
}

export function muted(tag: 'p' | 'span', ...children: Child[]): HTMLElement {
  return element(tag, { className: 'muted' }, ...children);
}

export function onClick(id: string, work: () => void): void {
  elementById(id).addEventListener('click', work);
}

/** Text from a registry, isolated so that it cannot change the direction of the text around it. */
export function untrustedText(text: string): HTMLElement {
  return element('bdi', { textContent: text });
}

/** A list of names and values; empty values are left out. */
export function factsList(facts: [string, string][]): HTMLElement {
  const lines = facts.filter(([, value]) => value !== '');
  const parts = lines.flatMap(([name, value]) => [
    element('dt', { textContent: name }),
    element('dd', {}, untrustedText(value)),
  ]);
  return element('dl', {}, ...parts);
}

export function elementById<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** Resizes a canvas in CSS pixels, sharp on any screen, and returns a context in these units. */
export function sized(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = Math.min(devicePixelRatio, Math.max(1, 16_000 / height));
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d')!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
