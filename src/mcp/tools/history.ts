import * as z from 'zod/mini';
import { maybeText, text, when } from '../../schema/parts.js';
import { only, ref, warning, warningOf } from '../parts.js';
import { saidOf, saidSchema } from '../sanitize.js';
import { tool } from '../tool.js';

const MOST = 200;

const event = z.strictObject({
  id: text,
  type: text,
  ...ref,
  resource: text,
  name: text,
  at: when,
  commit: maybeText,
  signature: z.nullable(z.enum(['signed', 'unknown', 'bad'])),
  said: saidSchema,
});

export const history = tool({
  name: 'history',
  title: 'What happened',
  description:
    'Events of a port, of a service or of the whole registry, newest first. Pass `next` as `before` to get the next page.',
  writes: false,
  input: z.strictObject({
    about: z.optional(
      z.string().check(z.meta({ description: 'A port like 25000 or 25000/udp, or a service.' })),
    ),
    since: z.optional(z.string().check(z.meta({ description: '2026-11-01, "3 days ago"' }))),
    until: z.optional(z.string()),
    limit: z._default(z.int().check(z.gte(1), z.lte(MOST)), 20),
    before: z.optional(z.string()),
  }),
  output: z.strictObject({
    events: z.array(event),
    next: maybeText,
    warnings: z.array(warning),
  }),
  async run(registry, { limit, ...filter }) {
    const warnings = (await registry.damages()).map(warningOf);
    const found = await registry.log({ ...filter, limit: limit + 1 });
    const events = found.slice(0, limit).map((it) => {
      const signature = it.signature && it.signature.is !== 'unsigned' ? it.signature.is : null;
      const said = saidOf({ ...it, by: it.by.name });
      return only(event, { ...it, signature, said });
    });
    return { events, next: found.length > limit ? events.at(-1)!.id : null, warnings };
  },
});
