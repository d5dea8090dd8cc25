import { Args } from '../../src/cli/oclif.js';
import { policyAnswer, policyWriteFlags } from '../../src/cli/policy-answer.js';
import { registryCommand } from '../../src/cli/registry-command.js';
import { setInPolicy } from '../../src/registry/write/policy-change.js';

export default registryCommand({
  summary: 'Change one value of the policy, in a commit',
  examples: [
    'vports policy set lease.default 4h',
    'vports policy set ranges.databases.to 20499',
    `vports policy set reserved '["1-9999", "27017"]'`,
  ],
  args: {
    key: Args.string({ required: true, description: 'lease.default, default, reserved, ranges.ID.to' }),
    value: Args.string({ required: true, description: 'JSON, or plain text' }),
  },
  flags: policyWriteFlags,
  async answer(registry, { args, options }) {
    const change = (source: string) => setInPolicy(source, args.key, args.value);
    return policyAnswer(registry, change, `set ${args.key.replace(/[^\w.-]/g, '')} of the policy`, options);
  },
});
