import { VportsCommand } from '../../src/cli/command.js';
import { Args } from '../../src/cli/oclif.js';
import { policyAnswer, policyWriteFlags } from '../../src/cli/policy-answer.js';
import { setInPolicy } from '../../src/registry/write/policy-change.js';

export default class PolicySet extends VportsCommand {
  static override summary = 'Change one value of the policy, in a commit';
  static override examples = [
    '<%= config.bin %> policy set lease.default 4h',
    '<%= config.bin %> policy set ranges.databases.to 20499',
    `<%= config.bin %> policy set reserved '["1-9999", "27017"]'`,
  ];
  static override args = {
    key: Args.string({ required: true, description: 'lease.default, default, reserved, ranges.ID.to' }),
    value: Args.string({ required: true, description: 'JSON, or plain text' }),
  };
  static override flags = policyWriteFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicySet);
    await this.onRegistry(flags, async (registry) => {
      const change = (source: string) => setInPolicy(source, args.key, args.value);
      return policyAnswer(registry, change, `set ${args.key.replace(/[^\w.-]/g, '')} of the policy`, flags);
    });
  }
}
