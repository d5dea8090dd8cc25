import { type PortRef, type Protocol, portKey } from '../../../events/port.js';
import { BROWSER_REFUSED } from '../../policy/browser-ports.js';
import type { Bounds } from '../../policy/policy.js';
import { obstacleTo, type View } from './view.js';

/** Search order: from the lowest port up, or circularly from a hash of `seed`. */
export type Order = { kind: 'lowest' } | { kind: 'spread'; seed: string };

/**
 * The first run of free consecutive ports, one per protocol asked for; undefined where the bounds hold none. Those that another
 * registry of this machine has given away come last.
 * `except` are ports already promised in the same command.
 */
export function firstFreeRun(
  view: View,
  protocols: Protocol[],
  bounds: Bounds,
  order: Order,
  except: PortRef[] = [],
): PortRef[] | undefined {
  const last = bounds.to - protocols.length + 1;
  let second: PortRef[] | undefined;
  for (const start of starts({ from: bounds.from, to: last }, order)) {
    const run = protocols.map((protocol, index) => ({ port: start + index, protocol }));
    if (!run.every((ref) => isFree(view, ref, except))) continue;
    if (!run.some((ref) => view.elsewhere?.has(portKey(ref)))) return run;
    second ??= run;
  }
  return second;
}

function isFree(view: View, ref: PortRef, except: PortRef[]): boolean {
  if (BROWSER_REFUSED.has(ref.port)) return false;
  if (except.some((it) => it.port === ref.port && it.protocol === ref.protocol)) return false;
  return obstacleTo(view, ref) === undefined;
}

function* starts({ from, to }: Bounds, order: Order): Generator<number> {
  const size = to - from + 1;
  if (size <= 0) return;
  const first = order.kind === 'lowest' ? 0 : hash(order.seed) % size;
  for (let step = 0; step < size; step++) yield from + ((first + step) % size);
}

/** FNV-1a, 32 bits: for spreading, not for security. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}
