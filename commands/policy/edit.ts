import { VportsCommand } from '../../src/cli/command.js';
import { editText } from '../../src/cli/editor.js';
import { policyAnswer, policyWriteFlags, unlessChanged } from '../../src/cli/policy-answer.js';

export default class PolicyEdit extends VportsCommand {
  static override summary = 'Change the policy in your editor, in a commit';
  static override flags = policyWriteFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(PolicyEdit);
    await this.onRegistry(flags, async (registry) => {
      const before = (await registry.policy()).source;
      const after = editText(before, 'policy.json');
      return policyAnswer(registry, unlessChanged(before, after), 'change the policy', flags);
    });
  }
}
