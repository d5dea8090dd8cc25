import { VportsCommand } from '../../src/cli/command.js';
import { Args } from '../../src/cli/oclif.js';
import { grantsAnswer } from '../../src/cli/port-answers.js';

export default class PortRegistryRegister extends VportsCommand {
  static override summary = 'Allocate this very port';
  static override description =
    'Under the name that service.json has for it, else as main, else as p and the number. Exit 1 where it cannot be had.';
  static override examples = ['<%= config.bin %> port-registry register web 25000'];
  static override args = {
    resource: Args.string({ required: true, description: 'who gets the port' }),
    port: Args.string({ required: true, description: 'PORT, or PORT/udp' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PortRegistryRegister);
    await this.onRegistry(flags, async (registry) =>
      grantsAnswer(registry, await registry.allocateExact(args.resource, args.port), { 'dry-run': false }),
    );
  }
}
