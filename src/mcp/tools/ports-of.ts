import * as z from 'zod/mini';
import { text } from '../../schema/parts.js';
import { only, ref, resource, warning, warningOf } from '../parts.js';
import { tool } from '../tool.js';

const variables = z.strictObject({ ...ref, resource: text, name: text, variables: z.array(text) });

export const portsOf = tool({
  name: 'ports_of',
  title: 'Ports of a service',
  description:
    'Ports of services, with their environment variables. Default: the service of your folder; in a linked git worktree its own instance.',
  writes: false,
  input: z.strictObject({
    resources: z.optional(z.array(resource).check(z.maxLength(20))),
  }),
  output: z.strictObject({
    ports: z.array(variables),
    warnings: z.array(warning),
  }),
  async run(registry, { resources = [] }) {
    const { ports, warnings } = await registry.environment(resources, { leases: false });
    return { ports: ports.map((it) => only(variables, it)), warnings: warnings.map(warningOf) };
  },
});
