import * as z from 'zod/mini';
import { envelope, portNumber } from './envelope.js';
import { type EventWords, saying } from './event-words.js';
import { holderOf } from './grant.js';
import type { Stream } from './stream.js';

const schema = z.strictObject({ ...envelope('port.released'), to: z.optional(portNumber) });

const words: EventWords<z.infer<typeof schema>> = {
  verb: 'release',
  preposition: 'from',
  sentence: (event) => `${saying('released', event, 'from')}${event.to ? `, moved to ${event.to}` : ''}`,
};

/** The port is free again; `to` is set if the holder moved there. */
export const released = {
  schema,
  apply(stream: Stream, event: z.infer<typeof schema>): void {
    holderOf(stream, event);
    stream.holding = null;
  },
  words,
};
