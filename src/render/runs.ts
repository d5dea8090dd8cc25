import type { PortRef } from '../../events/port.js';

/** Names that a document's range, or a block, gives its ports: what they say, the port says too. */
const NUMBERED = /^p\d+(-udp)?$/;
/** Fewer stand in lines of their own. */
const LEAST = 3;

/**
 * Neighbours of which each has the next port, up or down, and all else alike, as one: the ports of one range that somebody claimed.
 * `alike` is what has to be so.
 */
export function runsOf<T extends PortRef & { name: string; resource: string }>(
  items: readonly T[],
  alike: (it: T) => string,
): T[][] {
  const keyOf = (it: T) => JSON.stringify([it.protocol, it.resource, alike(it)]);
  const runs: T[][] = [];
  for (let at = 0; at < items.length; ) {
    const first = items[at]!;
    const step = items[at + 1] ? items[at + 1]!.port - first.port : 0;
    let end = at + 1;
    if (NUMBERED.test(first.name) && Math.abs(step) === 1) {
      const isNext = (it: T | undefined) =>
        it !== undefined &&
        NUMBERED.test(it.name) &&
        it.port === first.port + step * (end - at) &&
        keyOf(it) === keyOf(first);
      while (isNext(items[end])) end++;
    }
    const run = items.slice(at, end);
    if (run.length >= LEAST) runs.push(run);
    else for (const it of run) runs.push([it]);
    at = end;
  }
  return runs;
}

/** `25500-25600/tcp`; of one port its number as it is written. */
export function spanOf(run: readonly PortRef[]): string {
  const ports = run.map(({ port }) => port);
  const [from, to] = [Math.min(...ports), Math.max(...ports)];
  return `${from === to ? from : `${from}-${to}`}/${run[0]!.protocol}`;
}
