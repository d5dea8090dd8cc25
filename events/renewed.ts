import * as z from 'zod/mini';
import { envelope } from './envelope.js';
import { type EventWords, saying, until } from './event-words.js';
import { holderOf } from './grant.js';
import { lease } from './lease.js';
import { BrokenStream, type Stream } from './stream.js';

const schema = z.strictObject({ ...envelope('port.renewed'), lease });

const words: EventWords<z.infer<typeof schema>> = {
  verb: 'renew',
  preposition: 'for',
  sentence: (event) => `${saying('renewed', event, 'for')}${until(event.lease)}`,
};

export const renewed = {
  schema,
  apply(stream: Stream, event: z.infer<typeof schema>): void {
    const holding = holderOf(stream, event);
    if (!holding.lease) throw new BrokenStream('BAD_EVENT', 'port.renewed of a port that is not leased');
    holding.lease = event.lease;
    if (event.by.host !== holding.by.host || holding.renewedOn !== undefined)
      holding.renewedOn = event.by.host;
  },
  words,
};
