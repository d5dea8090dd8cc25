import type * as z from 'zod/mini';
import { allocated } from './allocated.js';
import { described } from './described.js';
import { registered } from './registered.js';
import { released } from './released.js';
import { renewed } from './renewed.js';

/** Everything that can happen to a port. To add a type, add a file like these and a line here. */
export const eventTypes = {
  'port.allocated': allocated,
  'port.registered': registered,
  'port.described': described,
  'port.renewed': renewed,
  'port.released': released,
} as const;

export type EventType = keyof typeof eventTypes;

export type PortEvent = { [Type in EventType]: z.infer<(typeof eventTypes)[Type]['schema']> }[EventType];

/** An event as decided, before the log adds id, version, time, author and batch. */
export type NewEvent = PortEvent extends infer Event
  ? Event extends PortEvent
    ? Omit<Event, 'v' | 'id' | 'version' | 'by' | 'at' | 'batch' | 'prev'>
    : never
  : never;

export function sentenceOf(event: PortEvent): string {
  // One cast for the union: each type's words take their own event, and eventTypes pairs them by type.
  return (eventTypes[event.type].words.sentence as (event: PortEvent) => string)(event);
}
