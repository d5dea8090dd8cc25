/** Parts of the page. What a registry says gets into them as text alone. */

type Child = Node | string;

/** A new element. `foreign` text cannot turn the direction of what stands around it. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function foreign(text: string): HTMLElement {
  return element('bdi', { textContent: text });
}

/** A name with what it stands for, a line each; what is empty is left out. */
export function factsList(facts: [string, string][]): HTMLElement {
  const lines = facts.filter(([, value]) => value !== '');
  return element(
    'dl',
    {},
    ...lines.flatMap(([name, value]) => [
      element('dt', { textContent: name }),
      element('dd', {}, foreign(value)),
    ]),
  );
}

/** An element of page.html. */
export function part<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** A canvas of so many CSS pixels, sharp on any screen, and what draws on it in these. */
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
