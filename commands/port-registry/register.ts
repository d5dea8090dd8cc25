import { VportsCommand } from '../../src/cli/command.js';
import { Args } from '../../src/cli/oclif.js';
import { grantsAnswer } from '../../src/cli/port-answers.js';

export default class PortRegistryRegister extends VportsCommand {
  static override summary = 'Allocate exactly this port';
  static override description =
    'Named as in service.json, else main, else p and the number. Exits 1 if the port is not available.';
  static override examples = ['<%= config.bin %> port-registry register web 25000'];
  static override args = {
    resource: Args.string({ required: true, description: 'the resource that gets the port' }),
    port: Args.string({ required: true, description: 'PORT, or PORT/udp' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PortRegistryRegister);
    await this.onRegistry(flags, async (registry) =>
      grantsAnswer(registry, await registry.allocateExact(args.resource, args.port), { 'dry-run': false }),
    );
  }
}
