import * as z from 'zod/mini';
import { maybeText, text } from '../../schema/parts.js';
import { only, reason, ref, resource, warning, warningOf } from '../parts.js';
import { tool } from '../tool.js';

const granted = z.strictObject({
  ...ref,
  name: text,
  variable: text,
  url: text,
  created: z.boolean(),
  leased: z.boolean(),
  lease: maybeText,
  folder: maybeText,
});

export const allocate = tool({
  name: 'allocate',
  title: 'Allocate ports',
  description:
    'Allocates ports to a service and records them in a commit. Ports it already has are returned unchanged. Never pick a number yourself. In a linked git worktree the ports are leased to the worktree.',
  writes: true,
  input: z.strictObject({
    resource: z.optional(resource),
    ports: z.optional(
      z.array(z.string()).check(
        z.maxLength(50),
        z.meta({
          description:
            'Each NAME, NAME=PREFERRED or PREFERRED; append /udp for UDP. Default: main, or those of service.json.',
        }),
      ),
    ),
    range: z.optional(z.string().check(z.meta({ description: 'Id of a range of the policy.' }))),
    owner: z.optional(z.string().check(z.meta({ description: 'The team or person responsible for it.' }))),
    reason,
  }),
  output: z.strictObject({
    resource: text,
    ports: z.array(granted),
    committed: z.array(text),
    pull_request: maybeText,
    warnings: z.array(warning),
  }),
  async run(registry, { resource: of, ports, range, owner, reason }) {
    const grants = await registry.allocateHere({ of, ports, range, owner, reason });
    return {
      resource: grants.resource,
      ports: [...grants.ports].map(([name, it]) =>
        only(granted, { ...it, name, variable: it.env, url: `http://localhost:${it.port}` }),
      ),
      committed: grants.commits.map(({ oid }) => oid),
      pull_request: grants.pullRequest ?? null,
      warnings: grants.warnings.map(warningOf),
    };
  },
});
