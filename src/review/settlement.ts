import type { PortEvent } from '../../events/event.js';

/** One side of a merge: its events by path, without the common ones. */
export type Side = ReadonlyMap<string, PortEvent>;

/**
 * What the losing side of a conflict gives up: on those streams everything from the conflicting versions on, and with each event the
 * rest of its command and what followed. A command is merged as a whole or not at all.
 */
export function givenUp(side: Side, lost: string[]): Set<string> {
  const gone = new Set<string>();
  const open = [...lost];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const event = side.get(path);
    if (!event || gone.has(path)) continue;
    gone.add(path);
    for (const [other, it] of side) {
      const later = streamOf(other) === streamOf(path) && it.version > event.version;
      const partner = event.batch !== undefined && it.batch === event.batch;
      if (later || partner) open.push(other);
    }
  }
  return gone;
}

function streamOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
