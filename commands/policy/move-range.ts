import { Args, Flags } from '../../src/cli/oclif.js';
import { answerTo, boundsFrom, policyWriteFlags } from '../../src/cli/policy-answer.js';
import { registryCommand } from '../../src/cli/registry-command.js';

export default registryCommand({
  summary: 'Give a range of the policy new bounds, in a commit',
  description:
    'Held ports that end up outside every range keep their holders, after a confirmation. With --reassign they move into the new bounds instead, in the same commit; `vports docs` then updates the documents of a project.',
  examples: [
    'vports policy move-range games 13000-13099 --reassign',
    'vports policy move-range games 12000-12199',
  ],
  args: {
    id: Args.string({ required: true, description: 'id of the range, as shown by `vports ranges`' }),
    ports: Args.string({ required: true, description: 'the new bounds: FROM-TO' }),
  },
  flags: {
    ...policyWriteFlags,
    reassign: Flags.boolean({
      description: 'move the claims that end up outside into the new bounds, in the order of their numbers',
    }),
  },
  before: ({ args }) => ({ bounds: boundsFrom(args.ports) }),
  answer: (registry, { args, options, bounds }) =>
    answerTo(
      registry,
      (asked) => registry.moveRange(args.id, bounds, { ...asked, reassign: options.reassign }),
      options,
    ),
});
