import type { PortRef } from '../../events/port.js';

/** Generated names of ports in a range or block; they only repeat the number. */
const NUMBERED = /^p\d+(-udp)?$/;
/** Shorter runs are listed port by port. */
const LEAST = 3;

/**
 * Groups neighbours with consecutive ports (up or down) that are equal otherwise. `alike` gives what must be equal.
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

/** `25500-25600/tcp`. */
export function spanOf(run: readonly PortRef[]): string {
  const ports = run.map(({ port }) => port);
  const [from, to] = [Math.min(...ports), Math.max(...ports)];
  return `${from === to ? from : `${from}-${to}`}/${run[0]!.protocol}`;
}
