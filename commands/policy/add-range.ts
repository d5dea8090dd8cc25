import { Args, Flags } from '../../src/cli/oclif.js';
import { boundsFrom, policyAnswer, policyWriteFlags } from '../../src/cli/policy-answer.js';
import { registryCommand } from '../../src/cli/registry-command.js';
import { addRangeToPolicy } from '../../src/registry/write/policy-change.js';

export default registryCommand({
  summary: 'Add a range to the policy, in a commit',
  examples: [`vports policy add-range games 12000-12099 --title 'Game servers' --match 'game-*'`],
  args: {
    id: Args.string({
      required: true,
      description: 'id of the range: lower-case letters, digits and dashes',
    }),
    ports: Args.string({ required: true, description: 'FROM-TO' }),
  },
  flags: {
    ...policyWriteFlags,
    title: Flags.string({ description: 'what it is for; default: the id' }),
    group: Flags.string({ description: 'the group it is listed under', default: 'Others' }),
    match: Flags.string({
      multiple: true,
      description: 'resources matching this pattern are allocated there; may be repeated',
    }),
    owner: Flags.string({
      description:
        'who is asked about its ports; `doctor --fix` puts @name, @org/team or an address into CODEOWNERS',
    }),
    dynamic: Flags.boolean({ description: 'use it for leases' }),
    reserved: Flags.boolean({ description: 'allocate nothing from it' }),
    split: Flags.boolean({
      description: 'inside another range: make that one what is left of it; holders keep their ports',
    }),
  },
  before: ({ args }) => boundsFrom(args.ports),
  answer(registry, { args, options, from, to }) {
    const { title = args.id, group, match, dynamic, reserved, owner } = options;
    const range = {
      id: args.id,
      title,
      group,
      from,
      to,
      ...(dynamic && { dynamic: true as const }),
      ...(reserved && { reserved: true as const }),
      ...(match && { match }),
      ...(owner !== undefined && { owner }),
    };
    const change = (source: string) => addRangeToPolicy(source, range, options);
    return policyAnswer(registry, change, 'add a range to the policy', options);
  },
});
