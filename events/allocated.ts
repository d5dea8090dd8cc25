import * as z from 'zod/mini';
import { envelope, exception, lease, owner, portNumber, rangeId } from './envelope.js';
import { grant } from './grant.js';

/** vports chose this port, or granted the preferred one. */
export const allocated = {
  schema: z.strictObject({
    ...envelope('port.allocated'),
    range: z.optional(rangeId),
    owner: z.optional(owner),
    lease: z.optional(lease),
    exception: z.optional(exception),
    from: z.optional(portNumber),
  }),
  apply: grant,
};
