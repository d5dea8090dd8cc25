import * as z from 'zod/mini';
import { belonging, envelope, exception, owner, portNumber, rangeId } from './envelope.js';
import { type EventWords, saying, until } from './event-words.js';
import { grant } from './grant.js';
import { lease } from './lease.js';

const schema = z.strictObject({
  ...envelope('port.allocated'),
  ...belonging,
  range: z.optional(rangeId),
  owner: z.optional(owner),
  lease: z.optional(lease),
  exception: z.optional(exception),
  from: z.optional(portNumber),
});

const words: EventWords<z.infer<typeof schema>> = {
  verb: 'allocate',
  preposition: 'to',
  sentence: (event) =>
    `${saying('allocated', event, 'to')}${event.from ? `, moved from ${event.from}` : ''}${until(event.lease)}`,
};

export const allocated = { schema, apply: grant, words };
