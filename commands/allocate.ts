import { Args, Flags } from '../src/cli/oclif.js';
import { grantsAnswer } from '../src/cli/port-answers.js';
import { registryCommand } from '../src/cli/registry-command.js';
import { CHOOSES_PORT, ttlOf, writeFlags } from '../src/cli/write-flags.js';

export default registryCommand({
  summary: 'Allocate ports to a resource',
  examples: [
    'vports allocate',
    'vports allocate my-resource',
    'vports allocate web --port api --port ui=35000 --owner team-web',
    'vports allocate e2e --ttl 2h',
  ],
  args: {
    resource: Args.string({ description: "the resource that gets the ports; default: this folder's" }),
  },
  flags: {
    ...writeFlags,
    port: Flags.string({
      multiple: true,
      description: `${CHOOSES_PORT}; the number is the preferred port`,
    }),
    range: Flags.string({ description: 'allocate from this range: an id, or FROM-TO' }),
    dynamic: Flags.boolean({ description: 'a lease: only for this machine, and only for a time' }),
    ttl: Flags.string({ description: 'a lease of this length: 30m, 2h, 7d' }),
    block: Flags.integer({ min: 1, max: 1000, description: 'number of consecutive ports' }),
    strict: Flags.boolean({ description: 'fail if the preferred port is not available' }),
    dir: Flags.string({ description: "the resource's folder, with its service.json and README" }),
    owner: Flags.string({ description: 'the team or person responsible for it' }),
  },
  before: ({ flags }) => ({ ttl: ttlOf(flags.ttl) }),
  async answer(registry, { args, options, ttl }) {
    const grants = await registry.allocate(args.resource, { ...options, ports: options.port, ttl });
    const answer = grantsAnswer(registry, grants, options);
    if (args.resource !== undefined) return answer;
    return {
      ...answer,
      notes: [`the resource of this folder is ${grants.resource}`, ...(answer.notes ?? [])],
    };
  },
});
