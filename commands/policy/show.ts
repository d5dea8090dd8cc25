import { VportsCommand } from '../../src/cli/command.js';

export default class PolicyShow extends VportsCommand {
  static override summary = 'Print the policy: ranges, reserved ports, lease bounds';
  static override examples = ['<%= config.bin %> policy show', '<%= config.bin %> policy show > policy.json'];

  async run(): Promise<void> {
    const { flags } = await this.parse(PolicyShow);
    await this.onRegistry(flags, async (registry) => {
      const { source } = await registry.policy();
      return { text: source.trimEnd(), json: { policy: JSON.parse(source) } };
    });
  }
}
