import * as z from 'zod/mini';
import { port, text } from '../../schema/parts.js';
import { resource } from '../parts.js';
import { tool } from '../tool.js';

export const urlOf = tool({
  name: 'url_of',
  title: 'URL of a service',
  description: 'URL of a service on this machine, and whether it is listening.',
  writes: false,
  input: z.strictObject({
    resource: z.optional(resource),
    name: z.optional(
      z.string().check(z.meta({ description: 'Name of the port. Default: main, or the only one.' })),
    ),
  }),
  output: z.strictObject({ url: text, port, listening: z.boolean() }),
  async run(registry, { resource, name }) {
    const what = resource === undefined ? undefined : `${resource}${name === undefined ? '' : `/${name}`}`;
    return { ...(await registry.url(what, { leases: false })) };
  },
});
