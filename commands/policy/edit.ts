import { VportsCommand } from '../../src/cli/command.js';
import { editText, textOfFile } from '../../src/cli/editor.js';
import { Flags } from '../../src/cli/oclif.js';
import { policyAnswer, policyWriteFlags, unlessChanged } from '../../src/cli/policy-answer.js';

export default class PolicyEdit extends VportsCommand {
  static override summary = 'Change the policy in your editor, in a commit';
  static override examples = [
    '<%= config.bin %> policy edit',
    '<%= config.bin %> import . --propose-policy > policy.json && <%= config.bin %> policy edit --from policy.json',
  ];
  static override flags = {
    ...policyWriteFlags,
    from: Flags.string({ description: 'take the text of this file, and open no editor' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(PolicyEdit);
    await this.onRegistry(flags, async (registry) => {
      const before = (await registry.policy()).source;
      const after = flags.from === undefined ? editText(before, 'policy.json') : textOfFile(flags.from);
      return policyAnswer(registry, unlessChanged(before, after), 'change the policy', flags);
    });
  }
}
