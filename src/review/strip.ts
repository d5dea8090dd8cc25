import { type Bounds, within } from '../policy/policy.js';

interface Drawn {
  port: number;
}
interface DrawnChange extends Drawn {
  kind: string;
  from: number | null;
}

/** Characters of a strip, or as many as the range has ports. */
const LENGTH = 50;
/** From no port held to all held. */
const SHADES = ['·', '░', '▒', '▓', '█'];

/** A range as a line of text, a character for each of fifty equal parts: `+`, `-` or `*` for changes, else a shade for the share that is held. */
export function stripOf(range: Bounds, before: Drawn[], after: Drawn[], changes: DrawnChange[]): string {
  const size = range.to - range.from + 1;
  const length = Math.min(LENGTH, size);
  const partOf = (port: number) => Math.floor(((port - range.from) * length) / size);
  const portsOf = (all: Drawn[]) =>
    new Set(all.map(({ port }) => port).filter((port) => within(range, port)));
  const [then, now] = [portsOf(before), portsOf(after)];
  const touched = new Set(changes.flatMap(({ port, from }) => (from === null ? [port] : [port, from])));
  const parts = Array.from({ length }, () => ({ held: 0, ports: 0, signs: new Set<string>() }));
  for (let port = range.from; port <= range.to; port++) {
    const part = parts[partOf(port)]!;
    part.ports++;
    if (now.has(port)) part.held++;
    if (touched.has(port)) part.signs.add(then.has(port) === now.has(port) ? '*' : now.has(port) ? '+' : '-');
  }
  return parts
    .map(({ held, ports, signs }) => {
      if (signs.size > 0) return signs.size === 1 ? [...signs][0]! : '*';
      return SHADES[Math.ceil((held / ports) * (SHADES.length - 1))]!;
    })
    .join('');
}
