import * as z from 'zod/mini';
import { belonging, envelope, exception, owner, rangeId } from './envelope.js';
import { type EventWords, saying } from './event-words.js';
import { grant } from './grant.js';

const schema = z.strictObject({
  ...envelope('port.registered'),
  ...belonging,
  range: z.optional(rangeId),
  owner: z.optional(owner),
  exception: z.optional(exception),
});

const words: EventWords<z.infer<typeof schema>> = {
  verb: 'register',
  preposition: 'to',
  sentence: (event) => saying('registered', event, 'to'),
};

export const registered = { schema, apply: grant, words };
