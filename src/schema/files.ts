import * as z from 'zod/mini';
import { text } from './parts.js';

/** `.vports.json`: which registry a project uses. */
export const projectFile = z.strictObject({
  $schema: z.optional(text),
  registry: z.optional(
    text.check(
      z.minLength(1),
      z.meta({ description: 'a path, from this folder, or a URL; else one further up' }),
    ),
  ),
  project: z.optional(
    text.check(
      z.minLength(1),
      z.maxLength(200),
      z.meta({
        description:
          'whose names are said here, like github.com/acme/shop; else where the repository is hosted',
      }),
    ),
  ),
  ignore: z.optional(
    z
      .array(text)
      .check(
        z.meta({ description: 'patterns as in .gitignore, which import, ci, docs and reconcile pass over' }),
      ),
  ),
});

const NUMBER = z.union([z.int().check(z.gte(0), z.lte(65_535)), text]);

/** One port: a number, a text like "${API_PORT:-8090}", or what is known of it. */
const entry = z.union([
  NUMBER,
  z.null(),
  z.looseObject({
    port: z.optional(z.nullable(NUMBER)),
    env_var: z.optional(
      text.check(z.meta({ description: 'the variable that carries the port; PORT has to be in its name' })),
    ),
    range: z.optional(z.union([NUMBER, z.array(z.int())])),
    protocol: z.optional(text),
    scheme: z.optional(z.enum(['http', 'https'])),
  }),
]);
const ports = z.union([NUMBER, z.record(text, entry), z.array(entry)]);

/** `service.json`: the name and the ports of a resource, in the shapes that are found. Whatever else stands there is not looked at. */
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
        description: 'what an instance takes from resources without one: RESOURCE or RESOURCE/NAME',
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
