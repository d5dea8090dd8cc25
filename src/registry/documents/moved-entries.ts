import { join } from 'node:path';
import type { PortEvent } from '../../../events/event.js';
import { type PortRef, portKey } from '../../../events/port.js';
import type { Tree } from '../../documents/tree/read-tree.js';
import type { NamedEntry } from '../../documents/tree/tree-entry.js';
import { holderAt, holdingNamed, type View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';

/** An entry whose port has moved, where the document still tells the old number. */
export interface MovedEntry {
  entry: NamedEntry;
  /** As the document is opened. */
  path: string;
  digits: { offset: number; length: number };
  wanted: number;
}

/**
 * Numbers of a tree that are not their resource's any more, and that it had once: the log tells where it went. One question to the log
 * for all of them.
 */
export async function movedEntries(logs: Logs, view: View, { entries, base }: Tree): Promise<MovedEntry[]> {
  const asked = entries.flatMap((entry) => {
    const { port, protocol, digits, side, format } = entry;
    const isClaim = side === 'host' && entry.skipped === undefined && entry.elsewhere === undefined;
    if (port === undefined || !digits || !isClaim || format === 'service-json') return [];
    const names = [...new Set([...entry.knownAs, ...(entry.sameAs?.knownAs ?? [])])];
    const holder = holderAt(view, { port, protocol });
    return holder && names.includes(holder.resource)
      ? []
      : [{ entry, ref: { port, protocol }, digits, names }];
  });
  if (asked.length === 0) return [];
  const refs = new Map(asked.map(({ ref }) => [portKey(ref), ref]));
  const events = (await (await logs.registry()).reader.events([...refs.values()])) as PortEvent[];
  const found = asked.flatMap(({ entry, ref, digits, names }) => {
    const wanted = names.flatMap((it) => portNow(view, events, it, ref) ?? [])[0];
    return wanted === undefined
      ? []
      : [{ entry, path: join(base, entry.setIn ?? entry.file), digits, wanted }];
  });
  // Several services may have one list through an alias, and its numbers stand in the text once.
  return [...new Map(found.map((it) => [`${it.path} ${it.digits.offset}`, it])).values()];
}

/** Where a resource has gone with what it had at a port; undefined where it never had it, or gave it back. */
function portNow(view: View, events: PortEvent[], resource: string, ref: PortRef): number | undefined {
  const left = events
    .filter((it) => portKey(it) === portKey(ref) && it.resource === resource && it.type === 'port.released')
    .sort((a, b) => b.version - a.version)[0];
  const now = left && holdingNamed(view, resource, left.name);
  return now && !now.lease ? now.port : undefined;
}

/** A text with these numbers put in place. */
export function withNumbers(text: string, moved: MovedEntry[]): string {
  let result = text;
  for (const { digits, wanted } of [...moved].sort((a, b) => b.digits.offset - a.digits.offset))
    result = result.slice(0, digits.offset) + wanted + result.slice(digits.offset + digits.length);
  return result;
}
