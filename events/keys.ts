import type { EventType, PortEvent } from './event.js';

/** The order of the keys in a file. Part of format 1: other implementations write the same bytes. */
export const KEYS = [
  'v',
  'id',
  'type',
  'protocol',
  'port',
  'version',
  'resource',
  'project',
  'local',
  'name',
  'range',
  'owner',
  'by',
  'at',
  'reason',
  'lease',
  'exception',
  'from',
  'to',
  'batch',
  'prev',
  'with',
  'sig',
] as const;

type Unlisted = {
  [Type in EventType]: Exclude<keyof Extract<PortEvent, { type: Type }>, (typeof KEYS)[number]>;
}[EventType];
/** Does not compile while a key of an event is missing from KEYS. */
const _: Unlisted extends never ? true : Unlisted = true;
