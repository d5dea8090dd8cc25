import { VportsCommand } from '../src/cli/command.js';
import { Args } from '../src/cli/oclif.js';
import { shownAnswer } from '../src/cli/port-answers.js';
import { readFlags } from '../src/cli/read-flags.js';

export default class Show extends VportsCommand {
  static override summary = 'Show the ports of a resource';
  static override examples = ['<%= config.bin %> show web', '<%= config.bin %> show web --json'];
  static override args = { resource: Args.string({ required: true, description: 'the resource' }) };
  static override flags = readFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Show);
    await this.onRegistry(flags, (registry) => shownAnswer(registry, args.resource, flags));
  }
}
