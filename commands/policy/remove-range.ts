import { VportsCommand } from '../../src/cli/command.js';
import { Args } from '../../src/cli/oclif.js';
import { policyAnswer, policyWriteFlags } from '../../src/cli/policy-answer.js';
import { removeRangeFromPolicy } from '../../src/registry/write/policy-change.js';

export default class PolicyRemoveRange extends VportsCommand {
  static override summary = 'Remove a range from the policy, in a commit';
  static override examples = ['<%= config.bin %> policy remove-range games --dry-run'];
  static override args = {
    id: Args.string({ required: true, description: 'id of the range, as shown by `vports ranges`' }),
  };
  static override flags = policyWriteFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PolicyRemoveRange);
    await this.onRegistry(flags, (registry) =>
      policyAnswer(
        registry,
        (source) => removeRangeFromPolicy(source, args.id),
        'remove a range from the policy',
        flags,
      ),
    );
  }
}
