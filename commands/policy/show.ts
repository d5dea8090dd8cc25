import { VportsCommand } from '../../src/cli/command.js';
import { readFlags } from '../../src/cli/read-flags.js';

export default class PolicyShow extends VportsCommand {
  static override summary = 'Print the policy: ranges, reserved ports, lease bounds';
  static override flags = readFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(PolicyShow);
    await this.onRegistry(flags, async (registry) => {
      const { source } = await registry.policy(flags);
      return { text: source.trimEnd(), json: { policy: JSON.parse(source) } };
    });
  }
}
