import { VportsCommand } from '../src/cli/command.js';
import { Args } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';

export default class Get extends VportsCommand {
  static override summary = 'Print the port of a resource';
  static override examples = ['<%= config.bin %> get web', '<%= config.bin %> get web api'];
  static override args = {
    resource: Args.string({ required: true, description: 'the resource' }),
    name: Args.string({ description: 'the name of the port; default: main, or the only one' }),
  };
  static override flags = readFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Get);
    await this.onRegistry(flags, async (registry) => {
      const { warnings, ...json } = await registry.get(args.resource, args.name, flags);
      return { text: String(json.port), json, warnings };
    });
  }
}
