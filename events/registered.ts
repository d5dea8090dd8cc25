import * as z from 'zod/mini';
import { envelope, exception, owner, rangeId } from './envelope.js';
import { grant } from './grant.js';

/** A port already in use somewhere is now on record. */
export const registered = {
  schema: z.strictObject({
    ...envelope('port.registered'),
    range: z.optional(rangeId),
    owner: z.optional(owner),
    exception: z.optional(exception),
  }),
  apply: grant,
};
