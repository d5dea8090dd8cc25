import { VportsCommand } from '../../src/cli/command.js';
import { currentResource, resourceFlag } from '../../src/cli/current-resource.js';
import { releaseAnswer } from '../../src/cli/port-answers.js';
import { commonOptions, writeFlags } from '../../src/cli/write-flags.js';

export default class PortRelease extends VportsCommand {
  static override summary = 'Release the ports of the current resource';
  static override examples = ['<%= config.bin %> port release'];
  static override flags = { ...writeFlags, ...resourceFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(PortRelease);
    await this.onRegistry(flags, (registry) =>
      releaseAnswer(registry, currentResource(flags), commonOptions(flags)),
    );
  }
}
