import { createHash } from 'node:crypto';
import { encodeEvent } from '../../../events/encoding.js';
import type { PortEvent } from '../../../events/event.js';
import { eventPath, pathOf } from '../../../events/event-path.js';
import { grouped } from '../../grouped.js';

/** What signatures are made for: one of other things, as of commits, is none of a command. */
export const NAMESPACE = 'vports@1';

/** An event of a command, and the bytes of the file before it in its stream; undefined for the first of a stream. */
export interface StreamFile {
  event: PortEvent;
  before: string | undefined;
}

/** The events of one command, by path; the first one carries the signature. */
export interface Command {
  first: StreamFile;
  others: StreamFile[];
}

/**
 * The text that is signed, docs/format.md: the registry, then for each file its path, the SHA-256 of its bytes without `sig`, and that of
 * the file before it in its stream. A file that the same command puts before it counts without `sig` too, as that is not made yet.
 */
export function signedText(registry: string, { first, others }: Command): string {
  return textOf([`vports command 1`, `registry ${registry}`, ...linesOf([first, ...others])]);
}

function textOf(lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The first event, with what it says of the others. */
export function withOthers({ first, others }: Command): Command {
  const { with: _, sig: __, ...event } = first.event;
  if (others.length === 0) return { first: { ...first, event: event as PortEvent }, others };
  const sha256 = hashOf(textOf(linesOf(others, [first, ...others])));
  return {
    first: { ...first, event: { ...event, with: { files: others.length, sha256 } } as PortEvent },
    others,
  };
}

/** The commands of a log, by the id of their first event. An event whose batch has no first one is in none. */
export function commandsIn(
  events: ReadonlyMap<string, PortEvent>,
  textAt: (path: string) => string | undefined = (path) => {
    const event = events.get(path);
    return event && encodeEvent(event);
  },
): Map<string, Command> {
  const files = [...events.values()].map((event): StreamFile => {
    const before = event.version === 1 ? undefined : textAt(eventPath(event, event.version - 1));
    return { event, before };
  });
  return new Map(
    [...grouped(files, ({ event }) => event.batch ?? event.id)].flatMap(([key, all]) => {
      const first = all.find(({ event }) => event.id === key);
      return first ? [[key, { first, others: all.filter((it) => it !== first) }] as const] : [];
    }),
  );
}

function linesOf(files: StreamFile[], all = files): string[] {
  const own = new Map(all.map(({ event }) => [pathOf(event), event]));
  return files
    .map(({ event, before }) => {
      const previous = event.version > 1 ? own.get(eventPath(event, event.version - 1)) : undefined;
      const after = previous ? hashOf(unsigned(previous)) : before === undefined ? 'nothing' : hashOf(before);
      return `${pathOf(event)} ${hashOf(unsigned(event))} after ${after}`;
    })
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function unsigned({ sig: _, ...event }: PortEvent): string {
  return encodeEvent(event as PortEvent);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
