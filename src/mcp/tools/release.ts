import * as z from 'zod/mini';
import { text } from '../../schema/parts.js';
import { reason, ref, resource, warning, warningOf } from '../parts.js';
import { tool } from '../tool.js';

export const release = tool({
  name: 'release',
  title: 'Release ports',
  description:
    'Releases ports of a service, for others to use. Only use this for services that no longer exist, or ports that you allocated yourself.',
  writes: true,
  destroys: true,
  input: z.strictObject({
    resource,
    ports: z.optional(
      z
        .array(z.string())
        .check(z.maxLength(50), z.meta({ description: 'Names or numbers. Default: all its ports.' })),
    ),
    reason,
  }),
  output: z.strictObject({
    released: z.array(z.strictObject({ ...ref, resource: text, name: text })),
    committed: z.array(text),
    warnings: z.array(warning),
  }),
  async run(registry, { resource, ports, reason }) {
    const { released, commits, warnings } = await registry.release(resource, { ports, reason, strict: true });
    return { released, committed: commits.map(({ oid }) => oid), warnings: warnings.map(warningOf) };
  },
});
