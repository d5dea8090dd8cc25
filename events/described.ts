import * as z from 'zod/mini';
import { belonging, envelope, owner } from './envelope.js';
import { type EventWords, saying } from './event-words.js';
import { holderOf } from './grant.js';
import type { Stream } from './stream.js';

const schema = z.strictObject({ ...envelope('port.described'), ...belonging, owner: z.optional(owner) });

const words: EventWords<z.infer<typeof schema>> = {
  verb: 'describe',
  preposition: 'of',
  sentence: (event) => `${saying('described', event, 'of')}${event.owner ? `, owner ${event.owner}` : ''}`,
};

/** Owner, reason or project changed; the holder did not. */
export const described = {
  schema,
  apply(stream: Stream, event: z.infer<typeof schema>): void {
    const holding = holderOf(stream, event);
    if (event.owner !== undefined) holding.owner = event.owner;
    if (event.reason !== undefined) holding.reason = event.reason;
    // Handed over: the previous project's name for it means nothing in the new one.
    if (event.project === undefined) return;
    holding.project = event.project;
    if (event.local === undefined) delete holding.local;
    else holding.local = event.local;
  },
  words,
};
