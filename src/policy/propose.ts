import { grouped } from '../grouped.js';
import type { Bounds, Policy, PolicyRange } from './policy.js';
import { boundsText, merged, rangeOf, within } from './policy.js';

interface PolicyFile {
  ranges: (Bounds & Partial<Omit<PolicyRange, keyof Bounds>> & { id: string })[];
  reserved: string[];
  [key: string]: unknown;
}

/**
 * A policy with room for all these ports: thousands that have ports outside the ranges become ranges, around the existing ones, and
 * are no longer reserved. `reserved` are ranges to set aside, unless one of the ports is within; `wished` are ranges that documents
 * ask for, added where the policy has none.
 */
export function proposedPolicy(
  source: string,
  policy: Policy,
  ports: number[],
  reserved: Bounds[],
  wished: Bounds[] = [],
): string {
  const file = JSON.parse(source) as PolicyFile;
  const asked = merged(wished).flatMap((it) => without(it, policy.ranges));
  const isAsked = (port: number) => asked.some((it) => within(it, port));
  const outside = [...new Set(ports)]
    .filter((port) => !rangeOf(policy, port) && !isAsked(port))
    .sort((a, b) => a - b);
  const thousands = grouped(outside, (port) => Math.floor(port / 1000));
  const known = [...policy.ranges, ...asked];
  const wishes = asked.map((it) => ({
    id: `asked-${it.from}`,
    title: `Asked for in service.json: ${it.from}-${it.to}`,
    group: 'In use before',
    ...it,
  }));
  const inUse = [...thousands].map(([thousand, own]) => ({
    id: `from-${thousand * 1000}`,
    title: `In use before: ${own.length === 1 ? `port ${own[0]}` : `${own.length} ports`}`,
    group: 'In use before',
    ...gapAround(known, own, Math.max(thousand * 1000, 1), Math.min(thousand * 1000 + 999, 65_535)),
  }));
  const added = [...wishes, ...inUse];
  const free = reserved.filter((bounds) => !ports.some((port) => within(bounds, port)));
  const aside = [...policy.reserved.flatMap((bounds) => without(bounds, added)), ...free];
  return `${JSON.stringify(
    {
      ...file,
      ranges: [...file.ranges, ...added].sort((a, b) => a.from - b.from),
      reserved: merged(aside).map(boundsText),
    },
    null,
    2,
  )}\n`;
}

/** The part of a thousand around these ports that no range covers. */
function gapAround(ranges: readonly Bounds[], ports: number[], lowest: number, highest: number): Bounds {
  let [from, to] = [lowest, highest];
  for (const range of ranges) {
    if (range.to < ports[0]!) from = Math.max(from, range.to + 1);
    if (range.from > ports.at(-1)!) to = Math.min(to, range.from - 1);
  }
  return { from, to };
}

function without(bounds: Bounds, others: Bounds[]): Bounds[] {
  return others.reduce<Bounds[]>(
    (left, { from, to }) =>
      left.flatMap((it) => [
        ...(it.from < from ? [{ from: it.from, to: Math.min(it.to, from - 1) }] : []),
        ...(it.to > to ? [{ from: Math.max(it.from, to + 1), to: it.to }] : []),
      ]),
    [bounds],
  );
}
