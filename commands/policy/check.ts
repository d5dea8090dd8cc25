import { VportsCommand } from '../../src/cli/command.js';

export default class PolicyCheck extends VportsCommand {
  static override summary = 'Check the policy and report errors with their line';
  static override examples = ['<%= config.bin %> policy check'];

  async run(): Promise<void> {
    const { flags } = await this.parse(PolicyCheck);
    await this.onRegistry(flags, async (registry) => {
      const { source, policy } = await registry.policy();
      return {
        text: `the policy is valid: ${policy.ranges.length} ranges`,
        json: { policy: JSON.parse(source) },
      };
    });
  }
}
