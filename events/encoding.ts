import { otherFiles, person } from './envelope.js';
import { type EventType, eventTypes, type PortEvent } from './event.js';
import { KEYS } from './keys.js';
import { folderLease, timedLease } from './lease.js';
import { BrokenStream } from './stream.js';

/** The event was written by a newer vports: reading on would mean guessing. */
export class TooNew extends Error {
  override readonly name = 'TooNew';
}

/** The bytes of an event's file: `JSON.stringify(event, null, 2) + "\n"`, keys in order, unset keys absent. */
export function encodeEvent(event: PortEvent): string {
  return `${JSON.stringify(fieldsOf(event), null, 2)}\n`;
}

/** Encodes an event for writing. Throws as decodeEvent for an event that no reader would accept. */
export function encodeSound(event: PortEvent): string {
  const text = encodeEvent(event);
  decodeEvent(text);
  return text;
}

function fieldsOf(event: PortEvent): Record<string, unknown> {
  const fields = event as Record<string, unknown>;
  const ordered: Record<string, unknown> = {};
  for (const key of KEYS) if (fields[key] !== undefined) ordered[key] = nestedInOrder(key, fields[key]);
  return ordered;
}

export function inOrder(event: PortEvent): PortEvent {
  return JSON.parse(encodeEvent(event));
}

function nestedInOrder(key: string, value: unknown): unknown {
  const schema = NESTED.get(key);
  return schema ? picked(schema, value as Record<string, unknown>) : value;
}

const NESTED: ReadonlyMap<string, Nested> = new Map([
  ['by', nestedOf(person)],
  ['with', nestedOf(otherFiles)],
  ['lease', new Map([...nestedOf(timedLease), ...nestedOf(folderLease)])],
]);

type Nested = Map<string, Nested | undefined>;

function nestedOf(schema: Shaped): Nested {
  return new Map(
    Object.entries(schema.shape).map(([key, field]) => {
      const inner = (field as { def?: { innerType?: unknown } }).def?.innerType ?? field;
      return [key, 'shape' in (inner as object) ? nestedOf(inner as Shaped) : undefined];
    }),
  );
}

interface Shaped {
  shape: object;
}

function picked(nested: Nested, value: Record<string, unknown>): Record<string, unknown> {
  const ordered: Record<string, unknown> = {};
  for (const [key, inside] of nested) {
    if (value[key] === undefined) continue;
    ordered[key] = inside ? picked(inside, value[key] as Record<string, unknown>) : value[key];
  }
  return ordered;
}

/** The event in a file's bytes. Throws TooNew for a newer `v` or an unknown type, BrokenStream for anything that is not exactly format 1. */
export function decodeEvent(text: string): PortEvent {
  const value = parseObject(text);
  if (typeof value.v === 'number' && value.v > 1) throw new TooNew(`event version ${value.v}`);
  if (typeof value.type !== 'string') throw new BrokenStream('BAD_EVENT', 'no event type');
  if (!Object.hasOwn(eventTypes, value.type)) throw new TooNew(`event type ${value.type.slice(0, 40)}`);
  const parsed = eventTypes[value.type as EventType].schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new BrokenStream('BAD_EVENT', `${issue.path.join('.') || 'event'}: ${issue.message}`);
  }
  const event = parsed.data as PortEvent;
  if (encodeEvent(event) !== text) throw new BrokenStream('NOT_CANONICAL', 'not in the canonical encoding');
  return event;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BrokenStream(
      'BAD_EVENT',
      /^(<{7}|={7}|>{7})/m.test(text) ? 'has conflict markers' : 'is not JSON',
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BrokenStream('BAD_EVENT', 'is not a JSON object');
  }
  return value as Record<string, unknown>;
}
