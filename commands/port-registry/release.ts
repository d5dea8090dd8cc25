import { VportsCommand } from '../../src/cli/command.js';
import { Args } from '../../src/cli/oclif.js';
import { releaseAnswer } from '../../src/cli/port-answers.js';

export default class PortRegistryRelease extends VportsCommand {
  static override summary = 'Release all ports of a resource, or one';
  static override examples = ['<%= config.bin %> port-registry release web 25000'];
  static override args = {
    resource: Args.string({ required: true, description: 'the resource' }),
    port: Args.string({ description: 'default: all its ports' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PortRegistryRelease);
    const ports = args.port === undefined ? [] : [args.port];
    await this.onRegistry(flags, (registry) => releaseAnswer(registry, args.resource, { ports }));
  }
}
