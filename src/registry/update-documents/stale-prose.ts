import type { PortEvent } from '../../../events/event.js';
import { labelOf } from '../../../events/names.js';
import { HIGHEST_PORT, type PortKey, type PortRef, portKey } from '../../../events/port.js';
import { attempt } from '../../attempt.js';
import { portsInProse, type SpokenPort } from '../../documents/formats/readme/prose.js';
import type { ReadText } from '../../files/reading-once.js';
import { readRegularText } from '../../files/regular-file.js';
import type { DocumentProblem } from '../decide/drift/document-problem.js';
import { holderAt, holdingNamed, type View } from '../decide/view.js';
import type { Logs } from '../state/logs.js';

export type MentionHere = SpokenPort & { file: string; resource: string };

export function portMentionsIn(
  file: string,
  resource: string,
  read: ReadText = readRegularText,
): MentionHere[] {
  const spoken = attempt(() => portsInProse(read(file))) ?? [];
  return spoken.map((it) => ({ ...it, file, resource }));
}

/** Old ports of a resource in prose. `docs` does not edit prose. */
export async function staleProse(logs: Logs, view: View, all: MentionHere[]): Promise<DocumentProblem[]> {
  const mentions = all.filter(({ port }) => !isHeld(view, port));
  if (mentions.length === 0) return [];
  const events = await eventsOf(
    logs,
    mentions.map(({ port }) => port),
  );
  return mentions.flatMap(({ file, resource, port, line, column }) => {
    const name = nameBefore(events, resource, { port, protocol: 'tcp' });
    if (name === undefined) return [];
    const now = holdingNamed(view, resource, name);
    const message = now
      ? `old port ${port} of ${labelOf({ resource, name })}, which now has ${now.port}`
      : `old port ${port} of ${labelOf({ resource, name })}, which released it`;
    const fix = now ? `write ${now.port}` : null;
    return [{ code: 'STALE_PROSE', level: 'error', file, line, column, port, message, fix }];
  });
}

/**
 * By resource, where numbers have moved to that the resource had once, and nobody has now. One question to the log for all of
 * them.
 */
export async function movedSince(
  logs: Logs,
  view: View,
  mentions: { resource: string; numbers: number[] }[],
): Promise<Map<string, Map<PortKey, number>>> {
  const moved = new Map<string, Map<PortKey, number>>();
  const asked = mentions
    .map((it) => ({ ...it, numbers: it.numbers.filter((port) => !isHeld(view, port)) }))
    .filter(({ numbers }) => numbers.length > 0);
  if (asked.length === 0) return moved;
  const events = await eventsOf(
    logs,
    asked.flatMap(({ numbers }) => numbers),
  );
  for (const { resource, numbers } of asked) {
    for (const port of numbers) {
      const name = nameBefore(events, resource, { port, protocol: 'tcp' });
      const now = name === undefined ? undefined : holdingNamed(view, resource, name);
      if (!now || now.lease) continue;
      const all = moved.get(resource) ?? new Map<PortKey, number>();
      moved.set(resource, all.set(portKey({ port, protocol: 'tcp' }), now.port));
    }
  }
  return moved;
}

export function numbersIn(text: string): number[] {
  return [...text.matchAll(/(?<!\d)[1-9]\d{1,4}(?!\d)/g)]
    .map(([digits]) => Number(digits))
    .filter((port) => port <= HIGHEST_PORT);
}

async function eventsOf(logs: Logs, ports: number[]): Promise<PortEvent[]> {
  const refs = [...new Set(ports)].map((port): PortRef => ({ port, protocol: 'tcp' }));
  return (await logs.registry()).reader.events(refs);
}

function isHeld(view: View, port: number): boolean {
  return holderAt(view, { port, protocol: 'tcp' }) !== undefined;
}

/** Under which name a resource released a port last. */
export function nameBefore(events: PortEvent[], resource: string, ref: PortRef): string | undefined {
  return events
    .filter((it) => portKey(it) === portKey(ref) && it.resource === resource && it.type === 'port.released')
    .sort((a, b) => b.version - a.version)[0]?.name;
}
