import { VportsCommand } from '../src/cli/command.js';
import { Args } from '../src/cli/oclif.js';
import { readFlags } from '../src/cli/read-flags.js';

export default class Show extends VportsCommand {
  static override summary = 'Show what a resource holds';
  static override examples = ['<%= config.bin %> show web', '<%= config.bin %> show web --json'];
  static override args = { resource: Args.string({ required: true, description: 'who holds the ports' }) };
  static override flags = readFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Show);
    await this.onRegistry(flags, async (registry) => {
      const ports = [...(await registry.show(args.resource, { at: flags.at, commits: flags.json }))];
      const told = ports.map(([name, { resource: _, name: __, ...facts }]) => [name, facts] as const);
      return {
        text: ports.map(([name, { port }]) => `${name}=${port}`).join('\n'),
        json: { resource: args.resource, ports: Object.fromEntries(told) },
      };
    });
  }
}
