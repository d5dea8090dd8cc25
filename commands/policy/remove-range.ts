import { Args } from '../../src/cli/oclif.js';
import { policyAnswer, policyWriteFlags } from '../../src/cli/policy-answer.js';
import { registryCommand } from '../../src/cli/registry-command.js';
import { removeRangeFromPolicy } from '../../src/registry/write/policy-change.js';

export default registryCommand({
  summary: 'Remove a range from the policy, in a commit',
  examples: ['vports policy remove-range games --dry-run'],
  args: {
    id: Args.string({ required: true, description: 'id of the range, as shown by `vports ranges`' }),
  },
  flags: policyWriteFlags,
  answer(registry, { args, options }) {
    const change = (source: string) => removeRangeFromPolicy(source, args.id);
    return policyAnswer(registry, change, 'remove a range from the policy', options);
  },
});
