import * as z from 'zod/mini';
import { text } from './parts.js';

export const projectFile = z.strictObject({
  $schema: z.optional(text),
  registry: z.optional(
    text.check(
      z.minLength(1),
      z.meta({ description: 'path relative to this folder, or URL; by default the nearest one further up' }),
    ),
  ),
  project: z.optional(
    text.check(
      z.minLength(1),
      z.maxLength(200),
      z.meta({
        description:
          'project whose names are used here, like github.com/acme/shop; by default where the repository is hosted',
      }),
    ),
  ),
  ignore: z.optional(
    z
      .array(text)
      .check(z.meta({ description: 'patterns as in .gitignore, skipped by import, ci, docs and reconcile' })),
  ),
});

const NUMBER = z.union([z.int().check(z.gte(0), z.lte(65_535)), text]);

/** One port: a number, a text like "${API_PORT:-8090}", or an object. */
const entry = z.union([
  NUMBER,
  z.null(),
  z.looseObject({
    port: z.optional(z.nullable(NUMBER)),
    env_var: z.optional(
      text.check(z.meta({ description: 'variable that carries the port; its name must contain PORT' })),
    ),
    range: z.optional(z.union([NUMBER, z.array(z.int())])),
    protocol: z.optional(text),
    scheme: z.optional(z.enum(['http', 'https'])),
  }),
]);
const ports = z.union([NUMBER, z.record(text, entry), z.array(entry)]);

/** `service.json`: name and ports of a resource, in the shapes found in practice. Other keys are ignored. */
export const serviceJson = z.looseObject({
  $schema: z.optional(text),
  name: z.optional(text.check(z.meta({ description: 'the resource' }))),
  service: z.optional(z.looseObject({ name: z.optional(text) })),
  ports: z.optional(ports),
  deployment: z.optional(z.looseObject({ ports: z.optional(ports) })),
  config: z.optional(z.looseObject({ ports: z.optional(ports) })),
  share: z.optional(
    z.union([text, z.array(text)]).check(
      z.meta({
        description: 'resources whose main instance is shared: RESOURCE or RESOURCE/NAME',
      }),
    ),
  ),
  port_allocation: z.optional(
    z.looseObject({
      strategy: z.optional(text),
      range_start: z.optional(z.int()),
      range_end: z.optional(z.int()),
    }),
  ),
});
