import { VportsCommand } from '../../src/cli/command.js';
import { currentResource, resourceFlag } from '../../src/cli/current-resource.js';
import { Args } from '../../src/cli/oclif.js';
import { checkAnswer } from '../../src/cli/port-answers.js';
import { readFlags } from '../../src/cli/read-flags.js';

export default class PortCheck extends VportsCommand {
  static override summary = 'Check whether the current resource can use its ports, or one port';
  static override description = 'Exits 0 if it can, and 1 if another resource or process has the port.';
  static override examples = ['<%= config.bin %> port check', '<%= config.bin %> port check 25000'];
  static override args = { port: Args.string({ description: 'one port; default: all its ports' }) };
  static override flags = { ...readFlags, ...resourceFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(PortCheck);
    const resource = currentResource(flags);
    const options = { at: flags.at, for: resource };
    await this.onRegistry(flags, (registry) => checkAnswer(registry, args.port ?? resource, options));
  }
}
