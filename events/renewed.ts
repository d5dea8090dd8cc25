import * as z from 'zod/mini';
import { envelope, lease } from './envelope.js';
import { holderOf } from './grant.js';
import { BrokenStream, type Stream } from './stream.js';

const schema = z.strictObject({ ...envelope('port.renewed'), lease });

/** The lease has a new end. */
export const renewed = {
  schema,
  apply(stream: Stream, event: z.infer<typeof schema>): void {
    const holding = holderOf(stream, event);
    if (!holding.lease) throw new BrokenStream('BAD_EVENT', 'port.renewed of a port that is no lease');
    holding.lease = event.lease;
  },
};
