import { VportsCommand } from '../../src/cli/command.js';
import { currentResource, resourceFlag } from '../../src/cli/current-resource.js';
import { shownAnswer } from '../../src/cli/port-answers.js';
import { readFlags } from '../../src/cli/read-flags.js';

export default class PortShow extends VportsCommand {
  static override summary = 'Show the ports of the current resource';
  static override examples = ['<%= config.bin %> port show', 'RESOURCE_NAME=web <%= config.bin %> port show'];
  static override flags = { ...readFlags, ...resourceFlag };

  async run(): Promise<void> {
    const { flags } = await this.parse(PortShow);
    await this.onRegistry(flags, (registry) => shownAnswer(registry, currentResource(flags), flags));
  }
}
