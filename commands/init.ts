import { VportsCommand } from '../src/cli/command.js';
import { Args, Flags } from '../src/cli/oclif.js';
import { createdRegistry } from '../src/registry/init.js';

export default class Init extends VportsCommand {
  static override summary = 'Make a registry: a git repository with a policy and an empty log';
  static override examples = ['<%= config.bin %> init ports', '<%= config.bin %> init --bare /srv/ports.git'];
  static override args = {
    dir: Args.string({ description: 'a new or empty folder; the current one unless said', default: '.' }),
  };
  static override flags = { bare: Flags.boolean({ description: 'without checked-out files' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Init);
    const json = await createdRegistry(args.dir, flags);
    const story = json.created
      ? [`made a registry; {"registry": ${JSON.stringify(json.path)}} in a project's .vports.json uses it`]
      : ['it is a registry already; nothing was changed'];
    this.print({ text: json.path, json, story }, flags.json);
  }
}
